"""The levers on a month's cost: what each one changes in the projection, what it rests on, and all of them in a row.

Nothing is reckoned here by a formula of its own: whoever fills a `Lever` computed the projection again with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal, TypeAlias

from maquette.foundation.units import Usd


class LeverKind(StrEnum):
    """The levers in the order of rule R-BUDGET-03, by saving per risk; those that it does not name follow their kin."""

    PREFIX_CACHE = "prefix-cache"
    OUTPUT_CAP = "output-cap"
    SMALLER_TIER = "smaller-tier"
    BATCH = "batch"
    CASCADE = "cascade"
    ROUTING = "routing"
    EXACT_CACHE = "exact-cache"
    SEMANTIC_CACHE = "semantic-cache"
    COMPRESSION = "compression"
    INSTRUCTION_TUNING = "instruction-tuning"
    PREPROCESSING = "preprocessing"


Basis: TypeAlias = Literal["fact", "measured", "assumption"]
"""What a lever's change rests on: an answer, a measurement, or what somebody takes to be so."""

State: TypeAlias = Literal[
    "possible", "in use", "no saving", "quality not shown", "fails the quality gate", "not computable"
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Prior:
    """What the common guidance says that a lever saves, as shares of the cost, and where.

    It stands beside the computed figure and never enters it.
    """

    low: Decimal
    high: Decimal
    where: str


PRIORS: Mapping[LeverKind, Prior] = {
    LeverKind.BATCH: Prior(low=Decimal("0.2"), high=Decimal("0.4"), where="where nobody waits"),
    LeverKind.CASCADE: Prior(low=Decimal("0.4"), high=Decimal("0.6"), where="with a small model first"),
    LeverKind.ROUTING: Prior(low=Decimal("0.3"), high=Decimal("0.5"), where="for mixed complexity"),
    LeverKind.SEMANTIC_CACHE: Prior(
        low=Decimal("0.4"), high=Decimal("0.8"), where="where 60 % and more of the requests are similar"
    ),
    LeverKind.COMPRESSION: Prior(low=Decimal("0.1"), high=Decimal("0.2"), where="for long context"),
}
"""The ranges of the cost table of the common guidance for such systems; a lever without one has none there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lever:
    """One lever on the first month.

    Attributes:
        state: "in use" is part of today's month already; "no saving" was computed and makes nothing cheaper. A model
            that fails the quality gate, or was not held against it, has figures and is never part of the row.
        before_usd: Today's month; of one that is in use the month without it.
        after_usd: The month with it; of one that is in use today's month. None where it cannot be computed.
        change: What was changed in the projection, in words.
        basis: What the change rests on; None where nothing was changed.
        rests_on: The facts and assumptions behind the change.
        missing: What is needed to compute it; empty where nothing is.
        conflicts: What speaks against it, or against it beside another.
        option: The option that answers with it, where that is another one.
        metric_before: The lever's own metric (`lever_evidence.WATCHES`) without it, in words; ``metric_after`` with it.
        stages: Which model does what, where a request passes several.
    """

    kind: LeverKind
    state: State
    before_usd: Usd | None = None
    after_usd: Usd | None = None
    change: str = ""
    basis: Basis | None = None
    rests_on: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    option: str | None = None
    metric_before: str = ""
    metric_after: str = ""
    stages: tuple[str, ...] = ()

    @property
    def saving_usd(self) -> Usd | None:
        """What the month is cheaper with it; negative where it is dearer."""
        return None if self.before_usd is None or self.after_usd is None else self.before_usd - self.after_usd

    @property
    def saving_share(self) -> Decimal | None:
        """The saving as a share of the month without it; None where that costs nothing."""
        saving = self.saving_usd
        return None if saving is None or not self.before_usd else saving / self.before_usd

    @property
    def prior(self) -> Prior | None:
        """What the common guidance says."""
        return PRIORS.get(self.kind)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One bar of the waterfall: the month before it, with all earlier steps, and after it.

    Attributes:
        skipped: Why a possible lever is not in the row; empty where it is.
    """

    kind: LeverKind
    before_usd: Usd
    after_usd: Usd
    skipped: str = ""

    @property
    def saving_usd(self) -> Usd:
        """What this step saves beside the earlier ones."""
        return self.before_usd - self.after_usd


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A cut of the cost of a request that is aimed at.

    Attributes:
        share: To be saved, as a fraction of the baseline.
        baseline_usd: A request today; with_levers_usd: after the last step.
        reached_with: The first step that reaches it; None where none does, or today's month does already.
    """

    share: Decimal
    baseline_usd: Usd
    with_levers_usd: Usd
    reached_with: LeverKind | None

    @property
    def target_usd(self) -> Usd:
        """What a request may cost."""
        return self.baseline_usd * (1 - self.share)

    @property
    def is_reached(self) -> bool:
        """Whether all steps together reach it."""
        return self.with_levers_usd <= self.target_usd


@dataclass(frozen=True, kw_only=True, slots=True)
class LeverTable:
    """The levers of one option.

    Attributes:
        today_usd: Its first month as it is projected.
        levers: In the order of `LeverKind`.
        steps: The possible ones one after the other, each beside the earlier ones.
        requests_month: Of the first month.
        baseline: Where the months come from: what was projected, at prices of which day.
    """

    option: str
    today_usd: Usd
    requests_month: Decimal
    budget_usd_month: Usd | None
    levers: tuple[Lever, ...]
    steps: tuple[Step, ...]
    baseline: str = ""

    def a_request(self, month: Usd | None) -> Usd | None:
        """A month's cost by the request; None without traffic, or where the month is unknown."""
        return None if month is None or not self.requests_month else month / self.requests_month

    @property
    def with_all_usd(self) -> Usd:
        """The month after the last step."""
        taken = [step for step in self.steps if not step.skipped]
        return taken[-1].after_usd if taken else self.today_usd

    @property
    def saving_usd(self) -> Usd:
        """What the steps save together."""
        return self.today_usd - self.with_all_usd

    def lever(self, kind: LeverKind) -> Lever:
        """The lever of that kind."""
        return next(lever for lever in self.levers if lever.kind is kind)

    def target(self, share: Decimal) -> Target | None:
        """How far the steps come to a cut of ``share`` of what a request costs; None without traffic.

        The requests that users send are counted, whoever answers them.
        """
        if not self.requests_month:
            return None
        limit = self.today_usd * (1 - share)
        taken = (step for step in self.steps if not step.skipped)
        reached = None if self.today_usd <= limit else next((s.kind for s in taken if s.after_usd <= limit), None)
        return Target(
            share=share,
            baseline_usd=self.today_usd / self.requests_month,
            with_levers_usd=self.with_all_usd / self.requests_month,
            reached_with=reached,
        )


ALTERNATIVES: tuple[frozenset[LeverKind], ...] = (
    frozenset({LeverKind.SMALLER_TIER, LeverKind.CASCADE, LeverKind.ROUTING}),
    frozenset({LeverKind.EXACT_CACHE, LeverKind.SEMANTIC_CACHE}),
)
"""Levers of which the row takes one: they save the same dollars. Of the caches the wider one contains the other."""


def row_of(levers: Iterable[Lever]) -> tuple[tuple[Lever, str], ...]:
    """The possible levers in their order, each with why it is left out of the row; empty where it is in.

    Of alternatives the one that saves most is taken, which alone is tried.
    """
    possible = [lever for lever in levers if lever.state == "possible" and lever.saving_usd is not None]
    return tuple((lever, _left_out(lever, possible)) for lever in possible)


def _left_out(lever: Lever, possible: Sequence[Lever]) -> str:
    for group in ALTERNATIVES:
        if lever.kind not in group:
            continue
        rivals = [other for other in possible if other.kind in group]
        best = max(rivals, key=lambda other: other.saving_usd or Usd(0))
        if best is not lever:
            return f"{best.kind} takes its place and saves more"
    return ""
