"""How large a model is, by which models of equal cost are put in order."""

from dataclasses import dataclass
from decimal import Decimal

_UNKNOWN = Decimal("Infinity")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSize:
    """What is known of a model's size.

    Attributes:
        active_b: Parameters that one token passes through, in billions; None where nobody says, as for a dense model.
        params_b: All parameters, in billions.
        file_bytes: Bytes of its weights.
    """

    active_b: Decimal | None = None
    params_b: Decimal | None = None
    file_bytes: int | None = None

    @property
    def order(self) -> tuple[Decimal, Decimal, Decimal]:
        """Its place: by active parameters, then by all of them, then by bytes; what is unknown comes last."""
        active = self.active_b if self.active_b is not None else self.params_b
        size_bytes = None if self.file_bytes is None else Decimal(self.file_bytes)
        return _last(active), _last(self.params_b), _last(size_bytes)

    def __str__(self) -> str:
        """For a person."""
        if self.params_b is None and self.active_b is None:
            return "a size nobody knows" if self.file_bytes is None else f"{self.file_bytes / 1e9:.2f} GB of weights"
        if self.params_b is None or self.active_b is None or self.active_b == self.params_b:
            return f"{_billions(self.params_b or self.active_b or Decimal(0))} parameters"
        return f"{_billions(self.active_b)} active of {_billions(self.params_b)} parameters"


UNKNOWN_SIZE = ModelSize()
"""Of a model whose weights nobody knows."""


def _last(value: Decimal | None) -> Decimal:
    return _UNKNOWN if value is None else value


def _billions(value: Decimal) -> str:
    if value >= 1:
        return f"{value:.1f} B"
    return f"{value * 1000:.0f} M" if value >= Decimal("0.01") else f"{value * 1000:.2f} M"
