"""What the models that answer an option's requests cost a request, over arrays of floats."""

from typing import TYPE_CHECKING, TypeAlias

from maquette.cost.calendar import Calendar
from maquette.cost.options import PricedOption
from maquette.cost.request_model import Inputs, RequestModel
from maquette.cost.streams import Stream
from maquette.cost.uncertain_input import REACHING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]


class StreamModel:
    """The streams of one option."""

    def __init__(self, priced: PricedOption) -> None:
        self._streams = priced.streams
        self._models = [
            RequestModel(one.card, one.load, one.rates, one.cache_key, one.region_key, one.media_key)
            for one in priced.streams
        ]

    def usd(self, inputs: Inputs) -> "list[Floats | float]":
        """Dollars that each stream costs a request of the option, at the prices of month 1."""
        return [
            model.usd(inputs) * (1 + inputs.get(one.retries_key, float(one.retry_share))) * _share(one, inputs)
            for one, model in zip(self._streams, self._models, strict=True)
        ]

    def prices(self, month: int, calendar: Calendar) -> tuple[float, ...]:
        """What the prices of each stream are multiplied with in ``month`` (from 1); 0 where it does not run."""
        return tuple(float(calendar.announced(one.card, month)) if one.runs_in(month) else 0.0 for one in self._streams)


def _share(one: Stream, inputs: Inputs) -> "Floats | float":
    reaching: Floats | float = float(one.reaching.base)
    if one.reaching.low < one.reaching.high:
        reaching = inputs.get(REACHING, reaching)
    return inputs.get(one.share_key, float(one.share.base)) * reaching
