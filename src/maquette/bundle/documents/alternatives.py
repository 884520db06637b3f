"""What else a slot could hold: the values that other rules of the base propose for it, and what would have to hold."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from maquette.bundle.documents.seen import Seen
from maquette.rules.explaining import readable_fact
from maquette.rules.report import Rule, SlotValue, Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Alternative:
    """A value that a slot does not hold, the rule that would propose it, and what became of that rule."""

    slot: str
    value: str
    rule: Rule
    status: Status


def alternatives(seen: Seen, slots: Iterable[str]) -> list[Alternative]:
    """One for each other value of each slot; fired rules first, then unknown ones, in the order of the rule base."""
    found: dict[tuple[str, str], Alternative] = {}
    for slot in slots:
        for one in sorted(_others(seen, slot), key=lambda one: _NEAREST.get(one.status, len(_NEAREST))):
            found.setdefault((one.slot, one.value), one)
    return list(found.values())


_NEAREST = {Status.FIRED: 0, Status.UNKNOWN: 1}
"""Which rule speaks for a value that several propose: one that holds, then one that may."""


def _others(seen: Seen, slot: str) -> Iterator[Alternative]:
    decision = seen.inputs.decision
    if decision is None:
        return
    held = decision.rules.slots.get(slot)
    taken = held.value if held and isinstance(held.value, tuple) else (held.value,) if held else ()
    for finding in decision.rules.findings:
        value = _proposed(finding.rule.proposes, slot)
        if value is not None and value not in taken:
            yield Alternative(slot=slot, value=readable_fact(value), rule=finding.rule, status=finding.status)


def _proposed(proposes: Mapping[str, SlotValue], slot: str) -> SlotValue | None:
    return proposes.get(slot)
