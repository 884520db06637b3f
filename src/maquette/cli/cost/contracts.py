"""What the commands below `maquette cost` print with --json, as types. Money is text with exact decimals."""

from typing_extensions import TypedDict

from maquette.cli.cost.feasibility_contract import FeasibilityFindingData


class BandData(TypedDict):
    """Quantiles of drawn costs, and how far off the worst may be for want of draws (half a 95 % interval)."""

    p10: str
    p50: str
    p90: str
    error_usd: str


class DrawnMonthData(TypedDict):
    """One month; ``over_budget`` is a share of the draws.

    ``in_ceiling_usd`` is of the lines that count against the budget; null where all do.
    """

    month: int
    usd: BandData
    in_ceiling_usd: BandData | None
    over_budget: str | None


class DriverData(TypedDict):
    """One input alone at its 10th and 90th percentile; dollars of the average month there."""

    input: str
    low: str
    high: str
    low_usd: str
    high_usd: str
    swing_usd: str
    share: str | None


class DrawnOptionData(TypedDict):
    """One priced option.

    ``base_percentile`` says where the expected case's total lies among the draws, from 0 to 100; ``base_note`` says
    why it lies below the 10th or above the 90th, and is null where it does not.
    """

    option: str
    months: list[DrawnMonthData]
    total_usd: BandData
    ever_over_budget: str | None
    base_percentile: str | None
    base_note: str | None
    drivers: list[DriverData]


class DrawnInputData(TypedDict):
    """What was drawn, from which range, and why that range."""

    name: str
    value: str
    low: str
    high: str
    source: str


class DrawnData(TypedDict):
    """The draws of a projection."""

    draws: int
    seed: int
    options: list[DrawnOptionData]
    inputs: list[DrawnInputData]


class BudgetCheckData(TypedDict):
    """`maquette cost check --json`. ``over_from`` is the first month whose p90 passes the budget."""

    format: int
    option: str
    budget_usd_month: str
    hardness: str
    keeps: bool
    over_from: DrawnMonthData | None
    highest: DrawnMonthData
    draws: int
    seed: int
    feasibility: list[FeasibilityFindingData]


class LineDifferenceData(TypedDict):
    """One line over the months; the four effects and the rounding add up to ``difference_usd`` exactly."""

    name: str
    unit: str
    quantity_a: str | None
    quantity_b: str | None
    price_a: str | None
    price_b: str | None
    usd_a: str
    usd_b: str
    difference_usd: str
    price_usd: str
    quantity_usd: str
    mix_usd: str
    line_usd: str
    rounding_usd: str


class DifferenceData(TypedDict):
    """Two options line by line."""

    a: str
    b: str
    usd_a: str
    usd_b: str
    difference_usd: str
    price_usd: str
    quantity_usd: str
    mix_usd: str
    line_usd: str
    rounding_usd: str
    lines: list[LineDifferenceData]


class DiffData(TypedDict):
    """`maquette cost diff --json`; options that stand on one side only are named."""

    format: int
    a: str
    b: str
    differences: list[DifferenceData]
    only_in_a: list[str]
    only_in_b: list[str]


class FlipData(TypedDict):
    """One flip: ``value`` is the first at which it is otherwise, ``beside`` the last before it."""

    fact: str
    name: str
    now: str
    value: str
    beside: str
    above: bool
    from_option: str
    to_option: str
    budget: str | None
    utilisation: str | None
    sentence: str


class FlipsData(TypedDict):
    """`maquette cost flips --json`."""

    format: int
    flips: list[FlipData]
