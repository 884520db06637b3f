"""Rules and what became of them, as values. Judging is in `judging`; the rules themselves are data in the catalog."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from maquette.foundation.expression import Expression
from maquette.rules.effect import NOTHING_SAID, RuleEffect

SlotValue: TypeAlias = str | int | bool


class Strength(StrEnum):
    """How binding a rule is; `AVOID` is an anti-pattern found."""

    MUST = "must"
    STRONG = "strong"
    CONSIDER = "consider"
    AVOID = "avoid"
    INFO = "info"


class Status(StrEnum):
    """What a rule's condition came to; a muted one is not judged."""

    FIRED = "fired"
    UNKNOWN = "unknown"
    NOT_FIRED = "not_fired"
    MUTED = "muted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Overruling:
    """A project's written reason to deviate from a rule, and the last day on which it counts; None for ever."""

    because: str
    until: date | None = None

    def counts_on(self, day: date | None) -> bool:
        """Whether it still counts on that day; without a day only one that counts for ever does not lapse."""
        return self.until is None or day is None or day <= self.until


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One decision rule.

    Attributes:
        proposes: Slot name to the value that the rule proposes when it fires.
        overrides: Ids of the rules that lose their proposals when this one fires.
        conflict: Where common guidance and the evidence disagree; both are kept.
        overturn: The evidence that would reverse the recommendation.
        effect: What following it does to performance, cost and safety.
    """

    id: str
    area: str
    when: Expression
    recommend: str
    strength: Strength
    proposes: Mapping[str, SlotValue]
    overrides: tuple[str, ...]
    rationale: str
    sources: tuple[str, ...]
    guidance: tuple[str, ...]
    conflict: str | None
    overturn: str
    effect: RuleEffect = NOTHING_SAID


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleBook:
    """All rules by id, the facts they may name with their kinds, the slots that hold several values, the sources.

    Attributes:
        fact_kinds: The facts that no question asks for (``eval.*``, ``cost.*``, ``cat.*``, ``design.*``, ``ops.*``)
            to "bool", "int", "float" or "str".
        fact_questions: The same facts to how a person is asked for them.
    """

    rules: Mapping[str, Rule]
    fact_kinds: Mapping[str, str]
    multi_slots: frozenset[str]
    sources: Mapping[str, str]
    as_of: str
    fact_questions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What became of one rule.

    Attributes:
        needs: The facts that would settle an unknown rule, sorted.
        overridden_by: The fired rule that took this one's proposals away.
        overruled: The project's reason to deviate from this rule while it counts: its proposals do not count.
        lapsed: Such a reason whose last day is past; it counts no more.
        muted_because: Why the project does not want this rule judged; None unless it is muted.
        adopted: The accepted decision does what this rule asks for: a duty of the design, no finding against it.
    """

    rule: Rule
    status: Status
    needs: tuple[str, ...] = ()
    overridden_by: str | None = None
    overruled: Overruling | None = None
    lapsed: Overruling | None = None
    muted_because: str | None = None
    adopted: bool = False

    @property
    def counts(self) -> bool:
        """Whether the rule fired and nothing takes its proposals away."""
        return self.status is Status.FIRED and self.overridden_by is None and self.overruled is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """One architectural choice that the rules propose values for.

    Attributes:
        value: The value of the strongest proposal; None when the strongest disagree, which the user must settle.
        proposals: Every value that was proposed, with the ids of the rules behind it, strongest first.
        conflict: Several values of equal strength were proposed.
    """

    name: str
    value: SlotValue | tuple[SlotValue, ...] | None
    proposals: Mapping[SlotValue, tuple[str, ...]]
    conflict: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleReport:
    """Every rule's finding in the order of the rule base, and the slots that they fill.

    Attributes:
        fingerprint: Over the rules and the facts that they name.
        as_of: The date of the rule base.
        fact_questions: As in the rule base, for whoever must ask for what is unknown.
        multi_slots: The slots that hold several values.
        fact_kinds: As in the rule base, for whoever asks what a fact could be.
    """

    findings: tuple[Finding, ...]
    slots: Mapping[str, Slot]
    fingerprint: str
    as_of: str = ""
    fact_questions: Mapping[str, str] = field(default_factory=dict)
    multi_slots: frozenset[str] = frozenset()
    fact_kinds: Mapping[str, str] = field(default_factory=dict)

    def with_status(self, status: Status) -> tuple[Finding, ...]:
        """The findings of that status, in the order of the rule base."""
        return tuple(finding for finding in self.findings if finding.status is status)

    def finding(self, rule_id: str) -> Finding | None:
        """What became of that rule, or None when there is no such rule."""
        return next((finding for finding in self.findings if finding.rule.id == rule_id), None)
