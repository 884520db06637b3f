"""Which architectural choices are decided, offered or in conflict, from the rules' report."""

from collections.abc import Mapping
from dataclasses import dataclass

from maquette.decision.decision import Decision
from maquette.rules.report import Rule, Slot, SlotValue, Strength

DECIDING = frozenset({Strength.MUST, Strength.STRONG})
"""A rule that is only to be considered offers a choice; it does not make it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SlotView:
    """A slot with the rules behind its value. ``state`` is "decided", "offered" or "conflict"."""

    name: str
    value: SlotValue | tuple[SlotValue, ...] | None
    state: str
    rules: tuple[Rule, ...]


def decided(decision: Decision | None) -> dict[str, SlotValue | tuple[SlotValue, ...]]:
    """Slot name to value, of the slots that a binding rule settled."""
    return {
        view.name: view.value for view in slot_views(decision) if view.state == "decided" and view.value is not None
    }


def slot_views(decision: Decision | None) -> tuple[SlotView, ...]:
    """Every slot that a fired rule fills, by name."""
    if decision is None:
        return ()
    rules = {finding.rule.id: finding.rule for finding in decision.rules.findings}
    return tuple(_view(slot, rules) for _, slot in sorted(decision.rules.slots.items()))


def _view(slot: Slot, rules: Mapping[str, Rule]) -> SlotView:
    behind = tuple(rules[rule_id] for ids in slot.proposals.values() for rule_id in ids if rule_id in rules)
    binding = any(rule.strength in DECIDING for rule in behind)
    state = "conflict" if slot.conflict else "decided" if binding else "offered"
    return SlotView(name=slot.name, value=slot.value, state=state, rules=behind)
