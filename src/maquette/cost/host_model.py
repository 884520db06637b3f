"""What machines and provisioned units cost in each month, over arrays of floats."""

from typing import TYPE_CHECKING, TypeAlias

from maquette.cost.calendar import Calendar
from maquette.cost.hosting import HOURS_PER_MONTH, ROUNDING, USABLE_SHARE
from maquette.cost.machine_hours import reserved_units
from maquette.cost.options import HostRate
from maquette.cost.provisioned import Provisioned
from maquette.cost.request_model import Inputs
from maquette.cost.uncertain_input import OUTPUT, PEAK, SPARE
from maquette.cost.workload import Workload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

_ROUNDING = float(ROUNDING)


class HostModel:
    """The machines of one option."""

    def __init__(self, host: HostRate, load: Workload, calendar: Calendar) -> None:
        import numpy as np

        self._host, self._load = host, load
        kept = [reserved_units(host, load, month, calendar) for month in range(1, load.horizon_months + 1)]
        prices = [float(one.price(host.usd_per_hour)) for one in host.commitments]
        self._kept = np.array([[float(sum(month))] for month in kept])
        paid = [[sum(float(count) * price for count, price in zip(month, prices, strict=True))] for month in kept]
        self._reserved_usd = np.array(paid) * float(HOURS_PER_MONTH)

    def usd(self, path: "Floats", inputs: Inputs) -> "Floats":
        """Dollars, a row a month; ``path`` is the volume as a multiple of the planned one."""
        import numpy as np

        needed = self._machines(path, inputs) if self._host.provisioned is None else self._units(path, inputs)
        price = float(self._host.usd_per_hour * HOURS_PER_MONTH)
        if not self._host.commitments:
            return needed * price
        usd: Floats = np.maximum(0.0, needed - self._kept) * price + self._reserved_usd
        return usd

    def _rate(self, inputs: Inputs) -> "Floats | float":
        """Requests a second in the peak at launch."""
        import numpy as np

        load = self._load
        peak, batch = inputs.get(PEAK, float(load.peak_rps.base)), float(load.batch_rps)
        return peak + batch if load.batch_at_same_time else np.maximum(peak, batch)

    def _machines(self, path: "Floats", inputs: Inputs) -> "Floats":
        import numpy as np

        serving = path * (self._rate(inputs) / (float(self._host.throughput_per_s) * float(USABLE_SHARE)))
        count = np.maximum(1.0, np.ceil(serving * (1 - _ROUNDING)))
        found: Floats = count + inputs.get(SPARE, float(self._load.spare_machines.base))
        return found

    def _units(self, path: "Floats", inputs: Inputs) -> "Floats":
        import numpy as np

        offer = self._host.provisioned
        if offer is None:
            raise ValueError("machines, not units")
        wanted = np.ceil(path * (self._rate(inputs) * _units_a_request(offer, self._load, inputs)) * (1 - _ROUNDING))
        beyond = np.ceil(np.maximum(0.0, wanted - offer.min_units) / offer.step_units)
        found: Floats = offer.min_units + offer.step_units * beyond
        return found


def _units_a_request(offer: Provisioned, load: Workload, inputs: Inputs) -> "Floats | float":
    """Units that a request a second takes."""
    if offer.tok_per_min_per_unit is None:
        return 1 / float(offer.requests_per_s_per_unit or 1)
    output = inputs.get(OUTPUT, float(load.output_tok.base))
    return (float(load.input_tok) + float(offer.output_weight) * output) * 60 / float(offer.tok_per_min_per_unit)
