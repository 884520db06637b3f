"""What templates that are not Maquette's own may take, and an environment that refuses endless numbers and texts."""

from collections.abc import Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment as Environment


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderLimits:
    """What one render may take.

    Attributes:
        time_s: Wall-clock time.
        memory_mib: Address space of the process that renders, Python itself included.
        text_mib: The rendered text.
    """

    time_s: float = 10.0
    memory_mib: int = 768
    text_mib: int = 4


MOST_BITS = 4096
MOST_REPEATED = 1_000_000


def bounded(made: "type[Environment]") -> "type[Environment]":
    """The environment with arithmetic that stays small; such operators are not computed while compiling either."""

    class Bounded(made):  # type: ignore[misc, valid-type]
        intercepted_binops = frozenset({"**", "*", "%"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if operator in {"*", "**"}:
                _refuse_large(operator, left, right)
            return super().call_binop(context, operator, left, right)

    return Bounded


def _refuse_large(operator: str, left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * max(right, 1) if operator == "**" else left.bit_length() + right.bit_length()
        if bits > MOST_BITS:
            raise OverflowError("a number would be too large")
        return
    for text, times in ((left, right), (right, left)):
        if isinstance(text, Sized) and isinstance(times, int) and len(text) * times > MOST_REPEATED:
            raise OverflowError("a text or list would be too long")
