"""80 % intervals: quantiles of what cross-validation left between measured and predicted, on a logarithmic scale."""

from collections.abc import Sequence
from math import ceil, exp, floor

from maquette.capacity.constants import Band
from maquette.capacity.setup import Banded

TAIL = 0.09
"""Of the measurements, on either side of an interval that is to cover 80 % of others.

Less than a tenth: measurements of one configuration are alike, so that many tell less than so many apart. Bands from
half of the configurations cover 75 to 77 % of the other half with it, and 73 to 75 % with a tenth.
"""

_LEAST = 0.03
"""No side of an interval is closer than three percent: two runs of the same thing differ by as much."""


def banded(value: float, band: Band, new: Sequence[str]) -> Banded:
    """The value with its interval, wider where the model or the accelerator is new to the calibration."""
    wider = (band.new_model if "model" in new else 1.0) * (band.new_accelerator if "accelerator" in new else 1.0)
    low, high = min(band.low, -_LEAST) * wider, max(band.high, _LEAST) * wider
    return Banded(value=value, low=value * exp(low), high=value * exp(high))


def band_of(residuals: Sequence[float]) -> tuple[float, float]:
    """The conformal quantiles of log(measured / predicted): of n residuals, the (n + 1) q-th smallest.

    Raises:
        ValueError: There are none.
    """
    if not residuals:
        raise ValueError("an interval needs residuals")
    ordered = sorted(residuals)
    count = len(ordered)
    low = max(floor((count + 1) * TAIL) - 1, 0)
    high = min(ceil((count + 1) * (1.0 - TAIL)) - 1, count - 1)
    return ordered[low], ordered[high]
