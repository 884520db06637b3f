"""What running model servers say of the models that they serve, read into cards. Nothing here asks them.

The shapes are those of vLLM and SGLang (``ModelCard`` of their OpenAI protocol), llama.cpp (``/v1/models`` with
``meta``, ``/props``), llama-cpp-python, Ollama (``/api/tags``, ``/api/show``) and LM Studio (``/api/v0/models``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from maquette.catalog.cards import Capability, Hosting, Mode, ModelCard
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.sources import Source, SourceKind

MOST_MODELS = 1000
_LONGEST_NAME = 300
_MOST_TOKENS = 10**9


class Engine(StrEnum):
    """Which program answers."""

    VLLM = "vLLM"
    SGLANG = "SGLang"
    LLAMA_CPP = "llama.cpp"
    LLAMA_CPP_PYTHON = "llama-cpp-python"
    OLLAMA = "Ollama"
    LM_STUDIO = "LM Studio"
    OTHER = "OpenAI-compatible"


_NAMES_ITSELF = {
    "vllm": Engine.VLLM,
    "sglang": Engine.SGLANG,
    "llamacpp": Engine.LLAMA_CPP,
    "me": Engine.LLAMA_CPP_PYTHON,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What one server said: each part as JSON data that nobody has checked.

    Attributes:
        base: The address of the OpenAI interface, ending in ``/v1``.
        models: The answer of ``/v1/models``.
        props: llama.cpp's ``/props``.
        tags: Ollama's ``/api/tags``.
        shows: Ollama's ``/api/show``, by model.
        lm_studio: LM Studio's ``/api/v0/models``.
    """

    base: str
    models: Any
    props: Any = None
    tags: Any = None
    shows: Mapping[str, Any] = field(default_factory=dict)
    lm_studio: Any = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedModel:
    """One model of one server: its card, and what a card has no place for; None where the server does not say."""

    card: ModelCard
    engine: Engine
    quantisation: str | None = None
    parameters: str | None = None
    state: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Said:
    """What was said of one model, checked."""

    context_tok: int | None = None
    quantisation: str | None = None
    parameters: str | None = None
    state: str | None = None
    mode: Mode = Mode.CHAT
    capabilities: Mapping[Capability, bool] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def model_id(base: str, name: str) -> str:
    """The id of a served model's card: ``server/<host:port>/<model>``."""
    return f"server/{urlsplit(base).netloc}/{name}"


def served_name(card_id: str) -> str:
    """What the server itself calls the model of a card."""
    return card_id.split("/", 2)[-1]


def model_names(models: Any, base: str) -> tuple[str, ...]:
    """The models that ``/v1/models`` lists, in its order.

    Raises:
        InvalidInput: The answer is no list of models.
    """
    return tuple(entry["id"] for entry in _entries(models, base))


def named_engine(models: Any, base: str) -> Engine | None:
    """The engine that writes its own name into ``owned_by``; None when no engine is known by what stands there.

    Raises:
        InvalidInput: The answer is no list of models.
    """
    owners = {str(entry.get("owned_by")) for entry in _entries(models, base)}
    return next((engine for owner, engine in _NAMES_ITSELF.items() if owner in owners), None)


def engine_of(answers: Answers) -> Engine:
    """Which program answered."""
    named = named_engine(answers.models, answers.base)
    if named is not None:
        return named
    if _listed(answers.tags, "models"):
        return Engine.OLLAMA
    if any("state" in one or "compatibility_type" in one for one in _listed(answers.lm_studio, "data")):
        return Engine.LM_STUDIO
    return Engine.OTHER


def served_models(answers: Answers, today: date) -> tuple[ServedModel, ...]:
    """The models of one server.

    Raises:
        InvalidInput: The answer is no list of models.
    """
    engine = engine_of(answers)
    entries = _entries(answers.models, answers.base)
    return tuple(_served(entry, entries, answers, engine, today) for entry in entries)


def _served(
    entry: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], answers: Answers, engine: Engine, today: date
) -> ServedModel:
    said = _said(entry, entries, answers, engine)
    card = ModelCard(
        id=model_id(answers.base, entry["id"]),
        provider=engine.value,
        hosting=Hosting.SERVED,
        source=Source(kind=SourceKind.MEASURED, ref=f"{answers.base}/models", as_of=today),
        mode=said.mode,
        context_tok=said.context_tok,
        capabilities=said.capabilities,
        address=answers.base,
        notes=said.notes,
    )
    return ServedModel(
        card=card,
        engine=engine,
        quantisation=said.quantisation,
        parameters=said.parameters,
        state=said.state,
    )


def _said(entry: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], answers: Answers, engine: Engine) -> _Said:
    match engine:
        case Engine.VLLM | Engine.SGLANG:
            return _vllm(entry, entries)
        case Engine.LLAMA_CPP:
            return _llama_cpp(entry, answers.props)
        case Engine.OLLAMA:
            return _ollama(entry["id"], answers)
        case Engine.LM_STUDIO:
            return _lm_studio(entry["id"], answers.lm_studio)
        case _:
            return _Said(context_tok=_tokens(entry.get("max_model_len")))


def _vllm(entry: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> _Said:
    """An adapter (LoRA) has no length of its own: it has that of the model which it names as its parent."""
    parent = _text(entry.get("parent"))
    base = next((one for one in entries if parent is not None and one["id"] == parent), entry)
    root = _text(entry.get("root"))
    notes = [] if root in {None, entry["id"]} else [f"Its weights come from {root}."]
    notes += [] if parent is None else [f"An adapter on {parent}."]
    context = _tokens(entry.get("max_model_len")) or _tokens(base.get("max_model_len"))
    return _Said(context_tok=context, notes=tuple(notes))


def _llama_cpp(entry: Mapping[str, Any], props: Any) -> _Said:
    meta = _mapping(entry.get("meta"))
    settings = _mapping(_mapping(props).get("default_generation_settings"))
    served = _tokens(settings.get("n_ctx")) or _tokens(meta.get("n_ctx"))
    trained = _tokens(meta.get("n_ctx_train"))
    notes = (
        [] if served else ["The length is the one it was trained for; the server may allow less."] if trained else []
    )
    count, size = _tokens(meta.get("n_params"), 10**15), _tokens(meta.get("size"), 10**15)
    notes += [f"Its weights are {size:,} bytes."] if size else []
    return _Said(
        context_tok=served or trained,
        quantisation=_text(meta.get("ftype")),
        parameters=_short(count) if count else None,
        notes=tuple(notes),
    )


def _ollama(name: str, answers: Answers) -> _Said:
    tagged = (one for one in _listed(answers.tags, "models") if name in {one.get("name"), one.get("model")})
    show = _mapping(answers.shows.get(name))
    details = {**_mapping(next(tagged, {}).get("details")), **_mapping(show.get("details"))}
    info = _mapping(show.get("model_info"))
    lengths = (_tokens(value) for key, value in info.items() if str(key).endswith(".context_length"))
    capabilities = show.get("capabilities")
    can = [str(one) for one in capabilities] if isinstance(capabilities, list) else []
    set_to = _num_ctx(show.get("parameters"))
    longest = next((length for length in lengths if length), None)
    note = "The length is the one it was trained for; Ollama allows num_ctx tokens, which it sets by its own default."
    return _Said(
        context_tok=set_to or longest,
        quantisation=_text(details.get("quantization_level")),
        parameters=_text(details.get("parameter_size")),
        mode=Mode.EMBEDDING if "embedding" in can and "completion" not in can else Mode.CHAT,
        capabilities=_capabilities(can) if "completion" in can else {},
        notes=(note,) if longest and not set_to else (),
    )


def _short(count: int) -> str:
    """A number of parameters as model names have it: 8.19B, 270M, 46K."""
    unit, letter = next((one for one in ((10**9, "B"), (10**6, "M")) if count >= one[0]), (10**3, "K"))
    return f"{count / unit:.3g}{letter}"


def _num_ctx(parameters: Any) -> int | None:
    lines = parameters.splitlines() if isinstance(parameters, str) else []
    values = [line.split() for line in lines]
    found = next((words[1] for words in values if len(words) == 2 and words[0] == "num_ctx"), "")
    return _tokens(int(found)) if found.isascii() and found.isdigit() and len(found) < 12 else None


def _lm_studio(name: str, listing: Any) -> _Said:
    entry = next((one for one in _listed(listing, "data") if one.get("id") == name), {})
    kind = entry.get("type")
    loaded = _tokens(entry.get("loaded_context_length"))
    return _Said(
        context_tok=loaded or _tokens(entry.get("max_context_length")),
        quantisation=_text(entry.get("quantization")),
        state=_text(entry.get("state")),
        mode=Mode.EMBEDDING if kind == "embeddings" else Mode.CHAT,
        capabilities={Capability.VISION: kind == "vlm"} if kind in {"llm", "vlm"} else {},
    )


def _capabilities(can: Sequence[str]) -> Mapping[Capability, bool]:
    named = {"tools": Capability.TOOLS, "vision": Capability.VISION, "thinking": Capability.REASONING}
    return {capability: name in can for name, capability in named.items()}


def _entries(models: Any, base: str) -> list[Mapping[str, Any]]:
    data = _mapping(models).get("data")
    if not isinstance(data, list):
        raise InvalidInput(
            f"{base}/models answers with JSON that is no list of models",
            place=Place(field=base),
            fix="Name the address of an OpenAI-compatible server, such as http://localhost:8000/v1.",
        )
    named = [one for one in data[:MOST_MODELS] if isinstance(one, Mapping) and _text(one.get("id")) is not None]
    if data and not named:
        raise InvalidInput(
            f"{base}/models lists models without a name",
            place=Place(field=base),
            fix="Check what answers there: each entry of data needs an id.",
        )
    return named


def _listed(answer: Any, key: str) -> list[Mapping[str, Any]]:
    found = _mapping(answer).get(key)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME else None


def _tokens(value: Any, most: int = _MOST_TOKENS) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 < value <= most else None
