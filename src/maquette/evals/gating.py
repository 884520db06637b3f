"""What a gate found, as values. `gating_checks` makes the checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from maquette.evals.gating_settings import GateSettings
from maquette.evals.statistics.gates import Gate
from maquette.evals.statistics.proportions import ClusteredRate
from maquette.evals.statistics.values import Difference


class Outcome(StrEnum):
    """What a check, a target or the whole gate comes to."""

    PASS = "pass"  # noqa: S105 - no password
    NOT_ENOUGH_DATA = "not_enough_data"
    FAIL = "fail"
    UNFIT = "not_fit_to_judge"


class CheckKind(StrEnum):
    """What is checked, in the order in which it is told."""

    FITNESS = "fitness"
    REGRESSION = "regression"
    ALERT = "alert"
    MUST_PASS = "must_pass"  # noqa: S105 - no password
    HARD_BREAKS = "hard_breaks"
    COST = "cost"
    LATENCY = "latency"


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemCheck:
    """One example that is checked by itself; ``why`` is empty when it passes."""

    example_id: str
    outcome: Outcome
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One demand on one target.

    Attributes:
        says: The finding in words.
        more_examples: How many more would decide; None when that cannot be told, or nothing is open.
        items: The examples that are checked one by one.
    """

    kind: CheckKind
    outcome: Outcome
    says: str
    more_examples: int | None = None
    items: tuple[ItemCheck, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetGate:
    """One target held against the baseline.

    Rates, difference and gate are None where no example is shared, because the run is not fit to judge.

    Attributes:
        against: The target of the baseline.
        old_rate: Of the baseline, over the shared examples; ``new_rate`` of the run over the same ones.
        difference: Run minus baseline.
        gate: Non-inferiority with the margin.
        broken: Shared examples that were fully right and are not now; ``mended`` the other way round.
        dropped: Why examples are not shared, to their ids.
        failed: Calls of the run that failed; ``unscored`` answers have no score.
    """

    target_id: str
    against: str
    outcome: Outcome
    checks: tuple[Check, ...]
    old_rate: ClusteredRate | None
    new_rate: ClusteredRate | None
    difference: Difference | None
    gate: Gate | None
    items: int
    broken: tuple[str, ...]
    mended: tuple[str, ...]
    dropped: Mapping[str, tuple[str, ...]]
    failed: int
    unscored: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GateReport:
    """What a gate found.

    Attributes:
        differing: What run and baseline are made of differently; None where that is not known.
        notes: What a reader should know beside the checks.
        methods: How the figures were made, each once.
    """

    outcome: Outcome
    run_id: str
    baseline_run: str
    metric: str
    settings: GateSettings
    targets: tuple[TargetGate, ...]
    differing: tuple[str, ...] | None
    notes: tuple[str, ...]
    methods: tuple[str, ...]

    @property
    def more_examples(self) -> int | None:
        """How many more examples would decide what is open; None when nothing is, or when that cannot be told."""
        wanted = [check.more_examples for one in self.targets for check in one.checks if check.more_examples]
        return max(wanted) if wanted else None
