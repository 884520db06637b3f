"""What a priced option costs in each month, over arrays of floats: for bands. The exact figures come from `lines`."""

from typing import TYPE_CHECKING

from maquette.cost.hosting import HOURS_PER_MONTH, USABLE_SHARE
from maquette.cost.options import PricedOption
from maquette.cost.request_model import Inputs, RequestModel
from maquette.cost.uncertain_input import CACHE, ESCALATION, GROWTH, PEAK, RETRIES, SPARE, STRONG_CACHE, VOLUME

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_ROUNDING = 1e-9
"""Machines that are so little more than a whole number are a float's error, not a machine."""


class MonthModel:
    """What a priced option costs in each month of the horizon."""

    def __init__(self, priced: PricedOption) -> None:
        if priced.load is None:
            raise ValueError("an option without a workload")
        self._priced, self._load = priced, priced.load
        option = priced.option
        by_request = priced.rates is not None and priced.host is None
        self._own = RequestModel(option.card, self._load, priced.rates, CACHE) if by_request and priced.rates else None
        self._strong = None
        if option.escalates_to is not None and priced.strong is not None and priced.strong_load is not None:
            self._strong = RequestModel(option.escalates_to, priced.strong_load, priced.strong, STRONG_CACHE)

    def months(self, inputs: Inputs) -> "Floats":
        """Dollars, a row a month and a column a draw (or one column, where nothing is drawn)."""
        import numpy as np

        width = max((len(values) for values in inputs.values()), default=1)
        growth = 1 + np.broadcast_to(inputs.get(GROWTH, float(self._load.growth_pct_month.base)), width) / 100
        volume = np.broadcast_to(inputs.get(VOLUME, 1.0), width)
        path = np.empty((self._load.horizon_months, width))
        path[0] = volume
        for month in range(1, len(path)):
            np.multiply(path[month - 1], growth, out=path[month])
        usd: Floats = path * (float(self._load.requests_per_month) * self._request(inputs))
        return usd if self._priced.host is None else usd + self._machines(path, inputs)

    def _request(self, inputs: Inputs) -> "Floats | float":
        usd: Floats | float = 0.0
        if self._own is not None:
            usd = self._own.usd(inputs) * (1 + inputs.get(RETRIES, float(self._priced.retry_share)))
        if self._strong is not None and self._priced.option.escalation is not None:
            share = inputs.get(ESCALATION, float(self._priced.option.escalation.base))
            usd = usd + share * self._strong.usd(inputs)
        return usd

    def _machines(self, path: "Floats", inputs: Inputs) -> "Floats":
        import numpy as np

        host, load = self._priced.host, self._load
        if host is None:
            raise ValueError("an option without machines")
        peak, batch = inputs.get(PEAK, float(load.peak_rps.base)), float(load.batch_rps)
        rate = peak + batch if load.batch_at_same_time else np.maximum(peak, batch)
        serving = path * (rate / (float(host.throughput_per_s) * float(USABLE_SHARE)))
        count = np.maximum(1.0, np.ceil(serving * (1 - _ROUNDING)))
        spare = inputs.get(SPARE, float(load.spare_machines.base))
        return (count + spare) * float(host.usd_per_hour * HOURS_PER_MONTH)
