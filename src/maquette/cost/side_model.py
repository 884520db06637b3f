"""Side lines once more, over arrays of floats, and which of them are uncertain: what `lines` has exactly."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from maquette.cost.options import CostOption, PricedOption
from maquette.cost.projection import CASES, CostAssumption
from maquette.cost.request_model import Inputs
from maquette.cost.side_lines import SideCosts, SideLine
from maquette.cost.uncertain_input import Uncertain, pert
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedLine:
    """A side line of an option, and what a reader calls it: one name for all options where the design has it."""

    name: str
    line: SideLine

    @property
    def key(self) -> str:
        """Its uncertain input."""
        return f"beside: {self.name}"


def named_lines(option: CostOption, side: SideCosts) -> tuple[NamedLine, ...]:
    """The lines of the design and the option's own, those of one name numbered."""
    seen: Counter[str] = Counter()
    found = []
    for own, lines in ((f"{option.name}: ", option.side.lines), ("", side.lines)):
        for line in lines:
            name = f"{own}{line.group}: {line.name}"
            seen[name] += 1
            found.append(NamedLine(name=name if seen[name] == 1 else f"{name} ({seen[name]})", line=line))
    return tuple(found)


def side_inputs(priced: PricedOption, side: SideCosts) -> Iterator[Uncertain]:
    """One input for each side line: its units in a month of the volume planned at launch."""
    if priced.load is None:
        return
    for named in named_lines(priced.option, side):
        units = named.line.launch_units(priced.load.requests_per_month)
        yield pert(named.key, named.name, units, unit=f" {named.line.unit}", ref=f"PERT; {named.line.ref}")


def side_assumptions(lines: Sequence[SideLine], requests_per_month: Decimal) -> Iterator[CostAssumption]:
    """The quantities that nobody knows exactly, in a month of the volume planned at launch."""
    for line in lines:
        units = line.launch_units(requests_per_month)
        if len({units.low, units.base, units.high}) == 1:
            continue
        low, base, high = (_shown(units.of(case)) for case in CASES)
        source = Source(kind=SourceKind.ASSUMED, ref=line.ref)
        yield CostAssumption(name=f"{line.name}, {line.unit} a month", value=base, low=low, high=high, source=source)


class SideModel:
    """What the side lines of an option cost, by month."""

    def __init__(self, lines: Sequence[NamedLine], requests_per_month: Decimal) -> None:
        self._keys = [named.key for named in lines]
        self._lines = [named.line for named in lines]
        self._points = [_points(line, requests_per_month) for line in self._lines]

    def due(self, month: int) -> frozenset[int]:
        """The places of the lines that ``month`` (from 1) has."""
        return frozenset(place for place, line in enumerate(self._lines) if line.due(month))

    def usd(self, places: Collection[int], inputs: Inputs) -> "tuple[Floats | float, Floats | float]":
        """What those lines cost in a month: dollars whatever the traffic, and dollars a request."""
        fixed: Floats | float = 0.0
        each: Floats | float = 0.0
        for place in sorted(places):
            price = float(self._lines[place].usd_per_unit)
            units, by_request = self._units(place, inputs)
            fixed, each = fixed + price * units, each + price * by_request
        return fixed, each

    def _units(self, place: int, inputs: Inputs) -> "tuple[Floats | float, Floats | float]":
        import numpy as np

        line, drawn = self._lines[place], inputs.get(self._keys[place])
        if drawn is None:
            return float(line.fixed.base), float(line.per_request.base)
        at, fixed, each = self._points[place]
        return np.interp(drawn, at, fixed), np.interp(drawn, at, each)


def _points(line: SideLine, requests_per_month: Decimal) -> tuple[list[float], list[float], list[float]]:
    """The units of the three cases in order, and what is fixed and by the request there."""
    units = line.launch_units(requests_per_month)
    found = {
        float(units.of(case)): (float(line.fixed.of(case)), float(line.per_request.of(case)))
        for case in reversed(("base", "low", "high"))
    }
    at = sorted(found)
    return at, [found[place][0] for place in at], [found[place][1] for place in at]


def _shown(figure: Decimal) -> str:
    return readable_count(figure.quantize(Decimal("0.01")) if abs(figure) < 100 else figure.quantize(Decimal(1)))
