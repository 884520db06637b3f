"""An open model's shape: parameters, layers, what it keeps for each sequence, and under which licence it is given."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from maquette.catalog.attention import KvDtype, LayerGroup, kv_bytes, kv_bytes_per_tok
from maquette.catalog.licences import Licence


@dataclass(frozen=True, kw_only=True, slots=True)
class ParameterParts:
    """Where the parameters are, counted one by one; what is left over is in attention and dense layers.

    Attributes:
        embedding: The table of tokens.
        output: The output head, 0 when it is the table of tokens.
        experts: The routed experts of all layers.
        small: Norms, routers, biases, convolutions: what every quantisation leaves at 16 bit.
        vision: The tower for images or sound, which quantisations for serving leave at 16 bit.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    embedding: int
    output: int
    experts: int = 0
    small: int = 0
    vision: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """An open-weights model's shape; None where the published configuration does not say.

    Attributes:
        params_b: Parameters in billions, all experts counted.
        active_params_b: Parameters that one token passes through, in billions.
        cache: What the layers keep for each sequence; empty when it is not known.
        attention: The kind of attention in a word or two.
        native_quantisation: The format in which the weights are published.
        file_bytes: Bytes of the tensors, where a file says them.
        licence: The licence's short name.
        terms: What the licence says, when somebody wrote it down.
    """

    params_b: Decimal | None
    active_params_b: Decimal | None
    layers: int | None
    attention: str | None
    native_quantisation: str | None
    licence: str | None
    cache: tuple[LayerGroup, ...] = ()
    hidden: int | None = None
    vocabulary: int | None = None
    experts: int | None = None
    experts_per_tok: int | None = None
    parts: ParameterParts | None = None
    file_bytes: int | None = None
    terms: Licence | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def kv_bytes_per_tok(self) -> int | None:
        """Bytes of KV cache that one further token of a long sequence takes at 16 bit; None when unknown."""
        return kv_bytes_per_tok(self.cache) if self.cache else None

    def kv_bytes(self, context_tok: int, dtype: KvDtype = KvDtype.BF16) -> int | None:
        """Bytes of cache for one sequence of ``context_tok`` tokens, windows and states counted; None when unknown."""
        return kv_bytes(self.cache, context_tok, dtype) if self.cache else None
