"""The policy for the chosen models: each part from the module that knows it, put together once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway.caching import cache_reason, semantic, shared_cache, shared_counters
from maquette.bundle.gateway.credentials import Credential, self_served
from maquette.bundle.gateway.deployments import Budget, Deployment, budgets, deployment, larger_context
from maquette.bundle.gateway.keys import key_requests
from maquette.bundle.gateway.limits import (
    RETRIES,
    least_prompt,
    limits,
    shared_part,
    timeout,
    timeout_check,
    upkeep,
)
from maquette.bundle.gateway.model import Audit, Entry, GatewayPolicy, Limits, ProviderBudget, Routing, Setting
from maquette.bundle.gateway.regions import pin, second_region
from maquette.bundle.gateway.routing import chains_of, routing, share_of_primary, tier_groups
from maquette.bundle.inputs import BundleInputs, RoleModel, role_model
from maquette.bundle.routing_values import Router, router
from maquette.bundle.slots import decided, slot_views
from maquette.catalog.cards import Hosting
from maquette.cost.workload import region_asked


def gateway_policy(
    inputs: BundleInputs, roles: tuple[RoleModel, ...], facts: FactSheet, known: Mapping[str, Any]
) -> GatewayPolicy | None:
    """The policy for the chosen models, primary first; None while none is chosen.

    ``known``: the template's constants, by provider; its ``routes`` lead from the price map's names to LiteLLM's.

    Raises:
        InvalidInput: A target's model or key name is nothing that a configuration may hold.
    """
    if not roles:
        return None
    slots, money = decided(inputs.decision), budgets(roles, facts)
    made = tuple(_deployed(role, known, facts, money.get(role.role)) for role in roles)
    world = _World(inputs, roles, facts, known, slots, made)
    entries, routes, whole = world.entries(), world.routing(), world.first_limits()
    (timeout_s, reason), cache = timeout(facts, roles, inputs.serving), shared_cache(inputs, facts)
    return GatewayPolicy(
        deployments=made,
        entries=entries,
        timeout_s=timeout_s,
        timeout_reason=reason,
        timeout_check=timeout_check(roles, timeout_s),
        retries=RETRIES,
        larger_context=larger_context(roles, facts.number("tokens.input_p99")),
        routing=routes,
        provider_budgets=world.provider_budgets(),
        upkeep=upkeep(facts, slots, chained=len(made) > 1),
        cache_s=cache.ttl_s if cache else None,
        cache_reason=cache_reason(cache, facts),
        semantic=semantic(cache, made[0], known),
        shared=shared_counters(facts, slots, counting=_counted(money, entries)),
        metrics=_watched(slots),
        prometheus=_watched(slots) and slots.get("complexity_budget") != "minimal",
        log_content=content_logged(inputs, facts, slots),
        audit=_audit(inputs, facts, slots),
        first_limits=whole,
        keys=key_requests(entries, whole, facts, slots, auto=routes.auto is not None),
        development=_developed(roles, slots),
    )


def _counted(money: Mapping[str, Any], entries: Sequence[Entry]) -> bool:
    """Something is counted that several gateways must count together."""
    return bool(money) or any(entry.limits.rpm for entry in entries)


MOST_ADDRESSES = 16
"""Replicas that the gateway knows one by one; more stand behind a balancer's one address."""

PROTECTED = frozenset({"pii", "phi", "pci", "confidential", "secret"})
"""Classes of data whose text is written into a log only where somebody allows it."""


def _deployed(role: RoleModel, known: Mapping[str, Any], facts: FactSheet, budget: Budget | None) -> Deployment:
    return deployment(role, known, budget, least_tok=least_prompt(facts), region=region_asked(facts.values))


class _World:
    """Everything that the entries of the model list are made from."""

    def __init__(
        self,
        inputs: BundleInputs,
        roles: tuple[RoleModel, ...],
        facts: FactSheet,
        known: Mapping[str, Any],
        slots: Mapping[str, Any],
        made: tuple[Deployment, ...],
    ) -> None:
        self.inputs, self.roles, self.facts, self.known = inputs, roles, facts, known
        self.slots, self.made = slots, made
        self.share = share_of_primary(inputs, made, facts, slots)
        self.router: Router | None = router(inputs, facts)
        # A group beside the roles' would spend beyond a hard ceiling, which is shared out to the roles.
        capped = facts.text("budget.hardness") == "hard" and facts.number("budget.monthly_usd") is not None
        self.groups = tier_groups(self.router, roles, own=not capped)
        self.chains = chains_of(made, self.groups)
        self.seconds = tuple(second_region(one, facts, slots, known) for one in made)

    def entries(self) -> tuple[Entry, ...]:
        """The model list, the primary's group first."""
        return tuple(self._entries())

    def first_limits(self) -> Limits:
        """Of the first model, over all its replicas."""
        return self._entry(self.roles[0], self.made[0]).limits

    def _entries(self) -> Iterator[Entry]:
        for place, (role, one) in enumerate(zip(self.roles, self.made, strict=True)):
            own = replace(
                self._entry(role, one, taken=self._taken if place == 1 else None), budgeted=not self.by_provider
            )
            weighted = replace(own, weight=self.share if place == 0 else None)
            yield from self._replicas(role, weighted) or _in_regions(weighted, self.seconds[place])
            if place == 0 and self.share is not None:
                rest = Setting(value=100 - self.share.value, reason=self.share.reason)
                arm = self._entry(self.roles[1], self.made[1], group="primary")
                yield replace(arm, weight=rest, budgeted=False, limits=self._of_share(arm.limits))
        tiers = self.router.tiers if self.router else ()
        for tier in tiers:
            if self.groups[tier.name] == tier.name:
                role = role_model(self.inputs, tier.name, tier.model)
                tier_model = _deployed(role, self.known, self.facts, None)
                yield self._entry(role, tier_model)

    def _entry(
        self, role: RoleModel, one: Deployment, *, group: str | None = None, taken: Setting | None = None
    ) -> Entry:
        name = group or one.group
        account = one.gguf is None and one.api_base is None
        return Entry(
            group=name,
            deployment=one,
            credentials=one.credentials,
            limits=limits(self.facts, self.slots, account=account, above=self._above(name), taken=taken),
            pin=pin(role, one, self.facts, self.known),
            cache_marks=one.cache_marks and self.slots.get("prefix_cache") is True,
        )

    def _replicas(self, role: RoleModel, own: Entry) -> tuple[Entry, ...]:
        """An entry for each replica of an own model server, with its part of the load; empty where it has no sizing."""
        own_server = role.card is not None and self_served(role) and not role.local
        plan = self.inputs.serving.get(role.card.id) if role.card is not None and own_server else None
        if plan is None or not 1 < plan.sized.replicas + plan.sized.spare <= MOST_ADDRESSES:
            return ()
        above = self._above(own.group)
        bounds = limits(self.facts, self.slots, account=False, above=above, parts=plan.sized.replicas)
        one = replace(own, limits=bounds)
        others = range(2, plan.sized.replicas + plan.sized.spare + 1)
        return (one, *(replica_entry(one, number) for number in others))

    def _above(self, group: str) -> str:
        """What happens to a request that finds its group's limit reached."""
        behind = self.chains.get(group, ())
        if not behind:
            return "is refused with 429"
        back = "" if group == "primary" else ", and what came from there is refused with 429"
        return f"goes to the group {behind[0]} at once{back if behind[0] == 'primary' else ''}"

    @property
    def _taken(self) -> Setting | None:
        """What the second model's share of the primary's group takes of its account."""
        if self.share is None:
            return None
        rest = Setting(value=100 - self.share.value, reason=self.share.reason)
        return shared_part(self.facts, self.slots, rest)

    def _of_share(self, whole: Limits) -> Limits:
        """The limits of an entry that answers a share of its group."""
        taken = self._taken
        return whole if taken is None else replace(whole, tpm=taken, bound=None)

    @property
    def by_provider(self) -> bool:
        """Whether ceilings of money stand on providers, as a model answers in more than one entry."""
        return self.share is not None or any(self.seconds)

    def routing(self) -> Routing:
        turns = self.facts.values.get("context.multi_turn") is True
        return routing(self.made, self.slots, router=self.router, groups=self.groups, share=self.share, turns=turns)

    def provider_budgets(self) -> tuple[ProviderBudget, ...]:
        """Where a model answers in two groups, its ceiling is its provider's."""
        found: dict[str, Setting] = {}
        for one in self.made if self.by_provider else ():
            if one.budget_usd is not None and one.budget_reason is not None:
                before = found.get(one.provider or "")
                value = one.budget_usd + (before.value if before else 0)
                found[one.provider or ""] = Setting(value=value, reason=one.budget_reason)
        return tuple(ProviderBudget(provider=name, limit=limit) for name, limit in found.items())


def replica_entry(first: Entry, number: int) -> Entry:
    """The same model on another machine: its address has its own variable, the key is the same."""
    address, key = first.credentials
    name = f"{address.name}_{number}"
    about = f"{address.about}, replica {number}"
    other = replace(first.deployment, api_base=f"os.environ/{name}")
    return replace(first, deployment=other, credentials=(replace(address, name=name, about=about), key))


def _in_regions(own: Entry, second: tuple[Credential, ...]) -> Iterator[Entry]:
    """The entry, and the same model in a second region, which is asked when the first one rests."""
    if not second:
        yield own
        return
    yield replace(own, order=1)
    yield replace(own, order=2, credentials=second)


def content_logged(inputs: BundleInputs, facts: FactSheet, slots: Mapping[str, Any]) -> bool:
    """Whether logs hold prompts and answers: data of a protected class only where somebody answered that they may."""
    name = "logging.content_allowed"
    if facts.values.get(name) is not True or slots.get("logging") == "metadata":
        return False
    return facts.text("data.sensitivity") not in PROTECTED or inputs.requirements.answers.get(name) is True


def _watched(slots: Mapping[str, Any]) -> bool:
    """Alerts need metrics as much as monitoring does."""
    return slots.get("monitoring") is True or slots.get("alerts") == "burn_rate"


def _developed(roles: tuple[RoleModel, ...], slots: Mapping[str, Any]) -> bool:
    """Whoever pays by the token develops against a model on the own machine; a thin design stays thin."""
    paid = any(role.card is not None and role.card.hosting is Hosting.API for role in roles)
    return paid and slots.get("complexity_budget") != "minimal"


def _audit(inputs: BundleInputs, facts: FactSheet, slots: Mapping[str, Any]) -> Audit | None:
    """The record that a regime asks for: in a bucket on AWS, elsewhere in the gateway's database."""
    packs = slots.get("pack") or ()
    if "audit" not in (packs if isinstance(packs, tuple) else (packs,)):
        return None
    view = next((one for one in slot_views(inputs.decision) if one.name == "pack"), None)
    rules = ", ".join(rule.id for rule in view.rules if rule.proposes.get("pack") == "audit") if view else ""
    days = facts.number("logging.retention_days")
    reason = facts.figure("logging.retention_days")
    kept = Setting(value=Decimal(days), reason=reason) if days and reason else None
    place = "bucket" if facts.text("infra.cloud") == "aws" else "database"
    return Audit(place=place, days=kept, rules=rules)
