"""What an accepted decision puts in the place of the plan that came in: its slots, as facts of the design.

A stated fact describes the plan under review. Once the decision is accepted, a slot that it fills is the design, and
the fact that the slot settles says so. What only an application can hold back with (an approval gate, a limit of
steps) stays as stated until somebody says that it is there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from maquette.foundation.expression import Facts, FactValue
from maquette.rules.explaining import readable_fact
from maquette.rules.report import Rule, RuleReport, SlotValue

_AS_DECIDED: Mapping[str, tuple[str, type[str] | type[bool]]] = {
    "cache": ("design.cache", str),
    "streaming": ("design.streaming", bool),
    "batch_lane": ("design.batch_lane", bool),
    "budget_limits": ("design.budget_limits", bool),
    "adaptation_first": ("design.adaptation", str),
}
"""A slot to the fact that takes its value as it is, and the kind of a value that can be taken."""

_CACHES = frozenset({"exact", "semantic"})
_NO_ROUTER = frozenset({"none", "off"})
_GUARDS_OUTPUT = frozenset({"both", "output"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Adopted:
    """A fact of the design that the decision settles.

    Attributes:
        slot: What was decided, with its value in words: "guardrails both".
        rules: Those behind the slot.
    """

    fact: str
    value: FactValue
    slot: str
    rules: tuple[str, ...]

    @property
    def source(self) -> str:
        """Where the fact comes from, in words."""
        return f"the decision: {self.slot} ({', '.join(self.rules)})"


def adopted(report: RuleReport, stated: Facts, *, models: int) -> tuple[Adopted, ...]:
    """The stated facts that the slots of ``report`` settle, by name, whether or not they say the same.

    Args:
        report: Of the rules over the plan as it is stated.
        stated: What is stated of the design.
        models: That are decided, the fallback among them.
    """
    found = {one.fact: one for one in _all(report, stated, models)}
    return tuple(found[name] for name in sorted(found) if name in stated)


def carried_out(found: Iterable[Adopted], rules: Iterable[Rule]) -> frozenset[str]:
    """The rules that ask for what the decision adopts, and read whether it is there: from now on duties of the design.

    They are judged over the plan, or their own slots would be empty as soon as they are obeyed.
    """
    facts = {one.fact: one.rules for one in found}
    return frozenset(rule.id for rule in rules for name in rule.when.names if name in facts and rule.id in facts[name])


def _all(report: RuleReport, stated: Facts, models: int) -> Iterator[Adopted]:
    """Each fact once, but for a value of its own slot, which comes last and counts."""
    scope, rules = _decided(report, "complexity_budget")
    minimal = (f"complexity_budget {scope}", rules) if scope == "minimal" else None
    cache, behind = _cache(report, minimal, stated)
    if cache is not None:
        yield Adopted(fact="design.cache", value=cache, slot=behind[0], rules=behind[1])
    if minimal is not None:
        yield Adopted(fact="design.router", value=False, slot=minimal[0], rules=minimal[1])
        parts = 1 + models + (cache in _CACHES)
        yield Adopted(fact="design.component_count", value=parts, slot=minimal[0], rules=minimal[1])
    for slot, (fact, kind) in _AS_DECIDED.items():
        value, rules = _decided(report, slot)
        if isinstance(value, kind):
            yield Adopted(fact=fact, value=value, slot=f"{slot} {readable_fact(value)}", rules=rules)
    router, rules = _decided(report, "router")
    if router is not None:
        yield Adopted(
            fact="design.router",
            value=router is not False and router not in _NO_ROUTER,
            slot=f"router {readable_fact(router)}",
            rules=rules,
        )
    guards, rules = _decided(report, "guardrails")
    if guards is not None:
        slot = f"guardrails {readable_fact(guards)}"
        yield Adopted(fact="design.guardrail_output", value=guards in _GUARDS_OUTPUT, slot=slot, rules=rules)


def _cache(
    report: RuleReport, minimal: tuple[str, tuple[str, ...]] | None, stated: Facts
) -> tuple[str | None, tuple[str, tuple[str, ...]]]:
    """The cache of answers and what settles it; None where nothing does."""
    value, rules = _decided(report, "cache")
    if isinstance(value, str):
        return value, (f"cache {value}", rules)
    if minimal is not None:
        return "none", minimal
    scope, rules = _decided(report, "cache_scope")
    if scope == "tenant" and stated.get("design.cache") == "semantic":
        return "none", (f"cache_scope {scope}", rules)
    return None, ("", ())


def _decided(report: RuleReport, name: str) -> tuple[SlotValue | None, tuple[str, ...]]:
    """A slot's one value with its rules; None where rules disagree or several values hold."""
    slot = report.slots.get(name)
    if slot is None or slot.conflict or isinstance(slot.value, tuple) or slot.value is None:
        return None, ()
    return slot.value, slot.proposals.get(slot.value, ())
