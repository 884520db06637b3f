"""How requests find a model: shares of a group, the router over tiers, other names of groups, chains of fallback."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from maquette.bundle.figures import FactSheet, Figure, estimated, figure
from maquette.bundle.gateway.deployments import Deployment
from maquette.bundle.gateway.model import AutoGroup, Routing, Setting
from maquette.bundle.inputs import BundleInputs, RoleModel
from maquette.bundle.routing_values import HIGH, Router
from maquette.catalog.traffic import number
from maquette.foundation.expression import Facts
from maquette.rules.report import Status

WARM_SHARE = Decimal("0.05")
"""The lower end of what rule R-FALL-04 asks for, to keep a second provider's keys, limits and prompts proven."""

WARM_FROM = Decimal("0.999")
FIRST_STEP = Decimal("0.01")
"""The first share of a new arm after shadow: rule R-ROLL-01."""

CEILING = Decimal("0.6")
WHOLE_CHAIN = 3

STRATEGIES: Mapping[str, str] = {
    "cost": "cost-based-routing",
    "latency": "latency-based-routing",
    "least_busy": "least-busy",
}
"""Values of the slot ``routing_strategy`` to LiteLLM's names; any other value, or none, goes by the weights."""

READING = ("step-search", "step-summarise")
CHANGING, ESCALATING = "step-edit", "step-escalate"
"""What a step of an agent does, as the name that it asks for: the small tier reads, a larger one changes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedOut:
    """What the primary's model answers of its own group, and the fact or the rule that has the rest go elsewhere.

    Attributes:
        share: Of the primary's requests, above 0 and below 1.
        fact: The fact behind it; None where it is a rule alone.
    """

    share: Decimal
    fact: str | None
    why: str


PLANNED_TEST = "R-ROLL-02"
"""The rule that asks for two arms to be compared."""


def shared_out(facts: Facts, *, test_is_planned: bool) -> SharedOut | None:
    """What a design with two providers sends to the second one; None where the second only takes over.

    A stated ceiling on one provider comes first, then an availability that needs a warm second provider, then an A/B
    test. The gateway's weights and the projection of the cost both have their share from here.

    Args:
        facts: What is known of the project.
        test_is_planned: Whether rule R-ROLL-02 asks for an A/B test.
    """
    stated, target = number(facts, "design.top_provider_share"), number(facts, "availability.target")
    if stated is not None and Decimal("0.5") <= stated < 1:
        return SharedOut(share=stated, fact="design.top_provider_share", why="the stated ceiling on one provider")
    if target is not None and target >= WARM_FROM:
        kept = f"R-FALL-04 keeps {_percent(WARM_SHARE)} % on the second provider"
        return SharedOut(share=1 - WARM_SHARE, fact="availability.target", why=kept)
    if facts.get("design.ab_capability") is True or test_is_planned:
        why = f"{PLANNED_TEST}: two arms; docs/14-rollout.md raises the second one step by step"
        return SharedOut(share=1 - FIRST_STEP, fact=None, why=why)
    return None


def apart(first: Deployment, second: Deployment) -> bool:
    """Whether two models are reached by different routes, as the ceilings of money are kept by provider."""
    if first.provider is None or second.provider is None or first.provider == second.provider:
        return False
    return not (first.gguf or second.gguf)


def share_of_primary(
    inputs: BundleInputs, deployments: tuple[Deployment, ...], facts: FactSheet, slots: Mapping[str, Any]
) -> Setting | None:
    """The primary's share of its own group, where the fallback's model answers part of it; else None."""
    if len(deployments) < 2 or slots.get("complexity_budget") == "minimal":
        return None
    found = shared_out(facts.values, test_is_planned=_fired(inputs, PLANNED_TEST))
    if found is None or not apart(deployments[0], deployments[1]):
        return None
    if found.fact is None:
        return _share(found.share, found.why)
    said = f"{found.fact} = {facts.readable(found.fact)}"
    stated = found.fact == "design.top_provider_share"
    return _share(found.share, said if stated else f"{said}: {found.why}")


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}"


def _share(share: Decimal, why: str) -> Setting:
    value = (share * 100).normalize()
    return Setting(value=value, reason=estimated(f"{value:f} %", why))


def _fired(inputs: BundleInputs, rule: str) -> bool:
    findings = inputs.decision.rules.findings if inputs.decision else ()
    return any(one.rule.id == rule and one.status is Status.FIRED for one in findings)


def share_note(share: Setting | None) -> str | None:
    """Why no provider is held to 60 %; None where one is, or where a group has one provider."""
    if share is None or share.value <= CEILING * 100:
        return None
    return "not held to 60 % a provider (R-FALL-04): more on the second one costs prefix-cache hits and even answers"


def routing(
    deployments: tuple[Deployment, ...],
    slots: Mapping[str, Any],
    *,
    router: Router | None,
    groups: Mapping[str, str],
    share: Setting | None,
    turns: bool,
) -> Routing:
    """The routing of the policy; ``groups`` is tier to group, ``share`` the primary's part of its group."""
    aliases = _aliases(router, groups, deployments)
    chains = chains_of(deployments, groups)
    chosen = STRATEGIES.get(str(slots.get("routing_strategy")))
    return Routing(
        strategy=chosen or "simple-shuffle",
        strategy_why=f"routing_strategy = {slots['routing_strategy']}" if chosen else None,
        auto=_auto(router, groups),
        aliases=aliases,
        chains=chains | {name: chains[group] for name, group in aliases.items() if group in chains},
        escalation_note=_escalation_note(router, aliases),
        chain_why=_chain_why(deployments, chains),
        share_note=share_note(share),
        sessions=turns and share is not None,
    )


def chains_of(deployments: tuple[Deployment, ...], groups: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """After the primary the fallback; after a smaller tier the next larger ones, and none twice.

    A fallback that is also a tier has the primary behind it.
    """
    roles = tuple(one.group for one in deployments)
    found = {"primary": roles[1:]} if len(roles) > 1 else {}
    found |= {role: ("primary",) for role in roles[1:] if role in groups.values()}
    tiers = list(dict.fromkeys(groups.values()))
    for place, group in enumerate(tiers):
        if group not in roles:
            found[group] = tuple(dict.fromkeys((*tiers[place + 1 :], *roles)))
    return found


def _chain_why(deployments: tuple[Deployment, ...], chains: Mapping[str, tuple[str, ...]]) -> str | None:
    longest = max((1 + len(behind) for behind in chains.values()), default=1)
    if longest >= WHOLE_CHAIN:
        return None
    chosen = " and ".join(one.model for one in deployments)
    return f"the decision names {chosen} and no third model; what fails behind the last is the application's to answer"


def _aliases(router: Router | None, groups: Mapping[str, str], deployments: tuple[Deployment, ...]) -> dict[str, str]:
    """The tiers' names, and for an agent those of its steps, where they are not groups of their own.

    What failed once goes to the dearest model that is decided, where it is not the one that failed.
    """
    if router is None:
        return {}
    found = {tier: group for tier, group in groups.items() if tier != group}
    if router.kind == "step":
        largest = groups[router.tiers[-1].name]
        dearest = max(deployments, key=lambda one: one.prices.get("output_cost_per_token", Decimal(0))).group
        found |= dict.fromkeys(READING, groups["small"])
        found[CHANGING] = groups.get("medium", largest)
        above = dearest if largest in {one.group for one in deployments} else largest
        found |= {ESCALATING: above} if above != found[CHANGING] else {}
    return found


def _escalation_note(router: Router | None, aliases: Mapping[str, str]) -> str | None:
    """Why a step that failed has no larger model to go to; None where it has, or where no steps are told apart."""
    if router is None or router.kind != "step" or ESCALATING in aliases:
        return None
    why = f"no decided model is above the one of {CHANGING}"
    return f"no {ESCALATING}: {why}; a failed step ends the task or asks a person"


def _auto(router: Router | None, groups: Mapping[str, str]) -> AutoGroup | None:
    if router is None or router.kind != "complexity":
        return None
    names = [tier.name for tier in router.tiers]
    middle = "medium" if "medium" in names else names[-1]
    tiers = {"SIMPLE": "small", "MEDIUM": middle, "COMPLEX": names[-1], "REASONING": names[-1]}
    low = router.thresholds[0]
    high = router.thresholds[1] if len(router.thresholds) > 1 else HIGH
    reason: Figure = figure(f"{low} and {high}", router.source)
    return AutoGroup(
        tiers={word: groups[tier] for word, tier in tiers.items()},
        boundaries={"simple_medium": low, "medium_complex": high, "complex_reasoning": Decimal(1)},
        default=groups[names[-1]],
        reason=reason,
    )


def tier_groups(router: Router | None, roles: tuple[RoleModel, ...], *, own: bool) -> dict[str, str]:
    """Tier to its group: that of the role which has the same model, else one of the tier's own name.

    Without ``own`` there are no groups beside those of the roles, and the primary answers for such a tier.
    """
    by_model = {role.model: role.role for role in reversed(roles)}
    tiers = router.tiers if router else ()
    return {tier.name: by_model.get(tier.model, tier.name if own else "primary") for tier in tiers}
