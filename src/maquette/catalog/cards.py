"""What is known of a model. Capabilities are three-valued: true, false, or absent, which means unknown.

Every card names where its values come from. Prices are in `prices`; choosing among cards is in `shortlist`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from maquette.catalog.media import MediaBook
from maquette.catalog.prices import PriceHistory, PriceTable
from maquette.catalog.weights import Weights
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import Problem
from maquette.foundation.sources import Source


class Hosting(StrEnum):
    """How a model is reached."""

    API = "api"
    OPEN_WEIGHTS = "open_weights"
    LOCAL_FILE = "local_file"
    SERVED = "served"


class Mode(StrEnum):
    """What a model makes, in the words of the price map."""

    CHAT = "chat"
    EMBEDDING = "embedding"
    RERANK = "rerank"
    TRANSCRIPTION = "audio_transcription"
    SPEECH = "audio_speech"
    IMAGE = "image_generation"
    VIDEO = "video_generation"
    OCR = "ocr"
    REALTIME = "realtime"
    MODERATION = "moderation"
    SEARCH = "search"
    OTHER = "other"


class Capability(StrEnum):
    """What a model may be able to do; the values are the names that people type in filters."""

    JSON_SCHEMA = "json"
    TOOLS = "tools"
    VISION = "vision"
    PDF = "pdf"
    AUDIO_INPUT = "audio"
    VIDEO_INPUT = "video"
    PREFIX_CACHE = "cache"
    REASONING = "reasoning"
    SAMPLING_PARAMETERS = "sampling"
    ASSISTANT_PREFILL = "prefill"
    SYSTEM_PROMPT = "system"
    AUDIO_OUTPUT = "audio-out"
    WEB_SEARCH = "search"
    PARALLEL_TOOLS = "parallel-tools"
    COMPUTER_USE = "computer"
    ZERO_RETENTION = "zdr"
    BAA = "baa"


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityClaim:
    """A published score, or one that a catalog file says was measured: ``value`` is a fraction of one."""

    benchmark: str
    value: Decimal
    source: Source


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCard:
    """One model at one provider, or one file of weights.

    Attributes:
        id: The price map's key, or our own id: ``open/<name>`` for open weights, ``local/<file stem>`` for files.
        mode: What it makes; only chat models enter a shortlist.
        capabilities: Only what is known; an absent key means unknown, not false.
        min_cacheable_tok: Tokens that a shared prefix needs before the provider caches it; None when unknown.
        retires_on: The provider's published last day.
        path: The file of a local model, as the user named it.
        address: The base URL of the running server that answers for a served model, ending in ``/v1``.
        other_prices: The dated prices of a second list, to compare with and to look back; None when it has none.
        vector_dims: The length of an embedding model's vectors.
        limit_rpm: Requests a minute that an account may send; ``limit_tpm`` tokens a minute. None when unknown.
        notes: What else a reader must know, a sentence each.
        media: How its provider counts pictures, pages, sound and film; None where it takes none.
        sources: Where a value comes from that does not come from ``source``, by the field's name; a capability is
            ``capabilities.`` and its name.
    """

    id: str
    provider: str
    hosting: Hosting
    source: Source
    mode: Mode = Mode.CHAT
    context_tok: int | None = None
    max_output_tok: int | None = None
    capabilities: Mapping[Capability, bool] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    price: PriceTable | None = None
    min_cacheable_tok: int | None = None
    retires_on: date | None = None
    weights: Weights | None = None
    claims: tuple[QualityClaim, ...] = ()
    path: str | None = None
    address: str | None = None
    other_prices: PriceHistory | None = None
    vector_dims: int | None = None
    limit_rpm: int | None = None
    limit_tpm: int | None = None
    notes: tuple[str, ...] = ()
    media: MediaBook | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def rejected_parameters(self) -> tuple[str, ...]:
        """The request parameters that the provider refuses for this model; only what is known."""
        return tuple(
            name for capability, names in _PARAMETERS.items() if self.can(capability) is False for name in names
        )

    def days_left(self, today: date) -> int | None:
        """Days until the provider's last day, negative afterwards; None when none is published."""
        return None if self.retires_on is None else (self.retires_on - today).days

    def can(self, capability: Capability) -> bool | None:
        """True, False, or None when nobody says."""
        return self.capabilities.get(capability)


_PARAMETERS: Mapping[Capability, tuple[str, ...]] = {
    Capability.SAMPLING_PARAMETERS: ("temperature", "top_p"),
    Capability.ASSISTANT_PREFILL: ("assistant prefill",),
    Capability.SYSTEM_PROMPT: ("system message",),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """All cards by id, and the date of the snapshot that the prices come from.

    Attributes:
        knowledge_digest: Of what the catalog's own files say, the user's and the project's among them.
        problems: What is wrong with those files; the entries that they name are left out, the rest is here.
    """

    cards: Mapping[str, ModelCard]
    prices_as_of: date
    snapshot_digest: str
    knowledge_digest: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes with the prices, with what catalog files say, and with the models that are found on this machine."""
        own = {Hosting.LOCAL_FILE, Hosting.SERVED}
        local = sorted(card.id for card in self.cards.values() if card.hosting in own)
        return fingerprint(self.snapshot_digest, self.knowledge_digest, local)
