"""What a priced option costs in each month, over arrays of floats: for bands. The exact figures come from `lines`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from maquette.cost.calendar import MONTHS_A_YEAR, PLAIN_CALENDAR, Calendar
from maquette.cost.host_model import HostModel
from maquette.cost.options import PricedOption
from maquette.cost.request_model import Inputs
from maquette.cost.side_lines import NO_SIDE_COSTS, SideCosts
from maquette.cost.side_model import SideModel, named_lines
from maquette.cost.stream_model import StreamModel
from maquette.cost.uncertain_input import GROWTH, TREND, VOLUME

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthCosts:
    """Dollars, a row a month and a column a draw.

    Attributes:
        in_ceiling: Of the lines that count against the budget; ``total`` itself where all do.
    """

    total: "Floats"
    in_ceiling: "Floats"


@dataclass(frozen=True, slots=True)
class _Alike:
    """What months that are computed together have in common: who answers at which price, and which lines are due."""

    prices: tuple[float, ...]
    due: frozenset[int]


class MonthModel:
    """What a priced option costs in each month of the horizon.

    Args:
        priced: An option with a workload.
        side: What the design pays beside its models; the option's own comes on top.
        calendar: Seasons and what prices do.
    """

    def __init__(
        self, priced: PricedOption, side: SideCosts = NO_SIDE_COSTS, calendar: Calendar = PLAIN_CALENDAR
    ) -> None:
        if priced.load is None:
            raise ValueError("an option without a workload")
        self._load, self._calendar = priced.load, calendar
        self._streams = StreamModel(priced)
        self._host = HostModel(priced.host, priced.load, calendar) if priced.host is not None else None
        lines = named_lines(priced.option, side)
        self._side = SideModel(lines, priced.load.requests_per_month)
        self._counted = frozenset(place for place, one in enumerate(lines) if one.line.group.in_ceiling)
        self._all = frozenset(range(len(lines)))

    def months(self, inputs: Inputs) -> "Floats":
        """Dollars of all lines, a row a month and a column a draw (or one column, where nothing is drawn)."""
        return self.costs(inputs).total

    def costs(self, inputs: Inputs) -> MonthCosts:
        """Dollars of all lines, and of those that count against the budget."""
        path = self._path(inputs)
        counted = self._by_request(path, inputs)
        if self._host is not None:
            counted += self._host.usd(path, inputs)
        beside = self._all - self._counted
        if not beside:
            return MonthCosts(total=counted, in_ceiling=counted)
        return MonthCosts(total=counted + self._not_counted(path, beside, inputs), in_ceiling=counted)

    def _path(self, inputs: Inputs) -> "Floats":
        """The volume of each month as a multiple of the planned one of month 1, growth and season taken."""
        import numpy as np

        width = max((len(values) for values in inputs.values()), default=1)
        growth = 1 + np.broadcast_to(inputs.get(GROWTH, float(self._load.growth_pct_month.base)), width) / 100
        path = np.empty((self._load.horizon_months, width))
        path[0] = np.broadcast_to(inputs.get(VOLUME, 1.0), width)
        for month in range(1, len(path)):
            np.multiply(path[month - 1], growth, out=path[month])
        if self._calendar.seasonal:
            path *= np.array([[float(self._calendar.season_of(month))] for month in self._horizon()])
        return path

    def _by_request(self, path: "Floats", inputs: Inputs) -> "Floats":
        """The models and the side lines that count, by months that are alike."""
        import numpy as np

        usd = np.empty_like(path)
        requests = float(self._load.requests_per_month)
        trend = self._trend(inputs)
        answered = self._streams.usd(inputs)
        for alike, rows in self._groups():
            model = sum((price * each for price, each in zip(alike.prices, answered, strict=True) if price), 0.0)
            fixed, each = self._side.usd(alike.due & self._counted, inputs)
            per_request = model + each if trend is None else model * trend[rows] + each
            usd[rows] = path[rows] * (requests * per_request) + fixed
        return usd

    def _not_counted(self, path: "Floats", places: frozenset[int], inputs: Inputs) -> "Floats":
        import numpy as np

        usd = np.zeros_like(path)
        for alike, rows in self._groups():
            fixed, each = self._side.usd(alike.due & places, inputs)
            usd[rows] = path[rows] * (float(self._load.requests_per_month) * each) + fixed
        return usd

    def _trend(self, inputs: Inputs) -> "Floats | None":
        """What prices are multiplied with in each month; None where they stay."""
        import numpy as np

        if self._calendar.price_trend is None:
            return None
        pct = np.asarray(inputs.get(TREND, float(self._calendar.price_trend.pct_year.base)))
        years = np.arange(self._load.horizon_months)[:, np.newaxis] / MONTHS_A_YEAR
        factors: Floats = (1 + pct / 100) ** years
        return factors

    def _groups(self) -> Iterator[tuple[_Alike, list[int]]]:
        """The months (rows from 0) that have the same streams, announced prices and side lines."""
        found: dict[_Alike, list[int]] = {}
        for month in self._horizon():
            alike = _Alike(self._streams.prices(month, self._calendar), self._side.due(month))
            found.setdefault(alike, []).append(month - 1)
        yield from found.items()

    def _horizon(self) -> range:
        return range(1, self._load.horizon_months + 1)
