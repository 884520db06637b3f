"""The machines of a small classifier that stands before the language model: how many each year needs, rented."""

from decimal import Decimal

from maquette.cost.hosting import HOURS_PER_MONTH, needed_rps, whole_units
from maquette.cost.projection import CASES, ByCase
from maquette.cost.side.basis import Draft, SideBasis, band, combined, product
from maquette.cost.side.training import only_encoder
from maquette.cost.side_lines import LineGroup, SideCosts
from maquette.cost.workload import MissingFacts, Workload, workload

CARD = "L4"
"""A small accelerator that holds any encoder of rule R-ADAPT-07 many times over."""

RATE_PER_S = band("540", "400", "200")
"""Requests a second of one `CARD`, in the cheap, the expected and the dear case."""

RATE_REF = (
    "an encoder of 149 M parameters on one NVIDIA L4 answered 200 to 543 requests/s in load tests "
    "(huggingface.co/datasets/derek-thomas/embedding-ie-optimization); measure it with these messages"
)
SPARE = Decimal(1)
"""Machines beside those that the peak needs, so that one may fail."""

_YEAR = 12


def encoder_costs(basis: SideBasis) -> SideCosts:
    """A line for each year: ceil(peak of the year's last month / rate) and a spare one, at a rented price an hour."""
    draft = Draft(LineGroup.HOSTING)
    if not only_encoder(basis):
        return draft.costs()
    load, price = workload(basis.facts, measured=None, defaulted=basis.defaulted), basis.encoder_hour
    if isinstance(load, MissingFacts) or price is None:
        missing = f"the catalog has no rented price of an {CARD}" if price is None else "the volume is not known"
        draft.leave_out(f"machines of the classifier: {missing}")
        return draft.costs()
    rate = RATE_PER_S
    draft.assume(f"requests that the classifier answers on one {CARD} a second", rate, RATE_REF)
    for first in range(1, load.horizon_months + 1, _YEAR):
        last = min(first + _YEAR - 1, load.horizon_months)
        hours = combined(lambda count: count * HOURS_PER_MONTH, _machines(load, last, rate))
        name = "classifier machines" if load.horizon_months <= _YEAR else f"classifier machines, months {first}-{last}"
        ref = f"peak of month {last} over the rate of one {CARD}, rounded up, and {SPARE} spare"
        draft.line(name, unit="machine hour", price=price, ref=ref, fixed=hours, months=(first, last))
    return draft.costs()


def _machines(load: Workload, month: int, rate: ByCase) -> ByCase:
    asked = product(needed_rps(load), load.growth_factor(month))
    low, base, high = (max(Decimal(1), whole_units(asked.of(case) / rate.of(case))) + SPARE for case in CASES)
    return ByCase(low=low, base=base, high=high)
