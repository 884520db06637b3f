"""The hard filters in the order of the funnel: cheap and final ones first, so that the first reason is worth reading.

Those on who may touch the data are in `data_filters`.
"""

from collections.abc import Mapping
from decimal import Decimal

from maquette.catalog import data_filters as data
from maquette.catalog.cards import Capability, Hosting, Mode, ModelCard
from maquette.catalog.checks import Answer, Check, Filter, Needs, No, Unsure, all_of, says_of
from maquette.catalog.families import home
from maquette.catalog.traffic import TRAFFIC_FACTS, least_month_usd, month_usd
from maquette.foundation.units import readable_count, readable_usd

_MODALITIES = {
    "image": Capability.VISION,
    "pdf": Capability.PDF,
    "audio": Capability.AUDIO_INPUT,
    "video": Capability.VIDEO_INPUT,
}
_OUTPUTS = {
    "json": Capability.JSON_SCHEMA,
    "label": Capability.JSON_SCHEMA,
    "tool_calls": Capability.TOOLS,
    "audio": Capability.AUDIO_OUTPUT,
}
_MAKES: Mapping[Mode, str] = {
    Mode.EMBEDDING: "makes embeddings, not text",
    Mode.RERANK: "ranks documents, does not write text",
    Mode.TRANSCRIPTION: "writes down speech, does not answer prompts",
    Mode.SPEECH: "makes speech, not text",
    Mode.IMAGE: "makes images, not text",
    Mode.VIDEO: "makes video, not text",
    Mode.OCR: "reads pages, does not answer prompts",
    Mode.REALTIME: "speaks over a live session, not request by request",
    Mode.MODERATION: "labels text as harmful or not, does not write text",
    Mode.SEARCH: "searches the web, does not answer prompts",
    Mode.OTHER: "is no chat model",
}
LEAST_BYTES_A_PARAM = Decimal("0.5")
"""Weights at 4 bit: the smallest form that is commonly served. Below it, a model may still run, and worse."""


def kind(needs: Needs) -> Check | None:
    """Answers prompts with text."""
    del needs
    return lambda card: None if card.mode is Mode.CHAT else No(_MAKES[card.mode])


def retired(needs: Needs) -> Check | None:
    """Not past its last day."""
    today = needs.today

    def check(card: ModelCard) -> Answer:
        if card.retires_on is None or card.retires_on >= today:
            return None
        return No(f"retired on {card.retires_on.isoformat()}")

    return check


def modalities(needs: Needs) -> Mapping[str, Capability]:
    """The kinds of input that a model must be able to take beyond text."""
    wanted = needs.several("io.input_modalities")
    return {f"{kind} input": _MODALITIES[kind] for kind in wanted if kind in _MODALITIES}


def outputs(needs: Needs) -> Mapping[str, Capability]:
    """What a model must be able to be held to when it answers."""
    form = str(needs.facts.get("io.output_format"))
    if form == "audio":
        return {"audio output": Capability.AUDIO_OUTPUT}
    return {f"structured output ({form})": _OUTPUTS[form]} if form in _OUTPUTS else {}


def tools(needs: Needs) -> Mapping[str, Capability]:
    """A model that does something by itself calls tools."""
    return {"tool calls": Capability.TOOLS} if needs.facts.get("agency.tools", "none") != "none" else {}


def longest_prompt(needs: Needs) -> int | None:
    """The longest normal prompt in tokens, or the average one while nobody knows."""
    return needs.tokens("tokens.input_p99") or needs.tokens("tokens.input_avg")


def longest_answer(needs: Needs) -> int:
    """The longest answer in tokens, or the average one while nobody knows; 0 when neither is known."""
    return needs.tokens("tokens.output_max") or needs.tokens("tokens.output_avg") or 0


def room_tok(card: ModelCard, answer_tok: int) -> int | None:
    """The longest prompt that leaves room for an answer; None when nobody says.

    The price map gives a provider's limit on the prompt alone; a model on own machines has one context for both.
    """
    if card.context_tok is None:
        return None
    return card.context_tok if card.hosting is Hosting.API else card.context_tok - answer_tok


def context(needs: Needs) -> Check | None:
    """Takes the longest normal prompt and its answer."""
    longest, answer = longest_prompt(needs), longest_answer(needs)
    if longest is None:
        return None
    unsure = Unsure(f"a context of {readable_count(longest)} tokens")

    def check(card: ModelCard) -> Answer:
        room = room_tok(card, answer)
        if room is None:
            return unsure
        if longest > room:
            return No(_too_short(card, longest, answer))
        if card.max_output_tok is not None and answer > card.max_output_tok:
            return No(f"longest answer {readable_count(card.max_output_tok)} is below {readable_count(answer)} tokens")
        return None

    return check


def _too_short(card: ModelCard, longest: int, answer: int) -> str:
    has = readable_count(card.context_tok or 0)
    if card.hosting is Hosting.API:
        return f"context {has} is below {readable_count(longest)} tokens"
    return f"context {has} is below {readable_count(longest + answer)} tokens of prompt and answer"


def machine(needs: Needs) -> Check | None:
    """Weights that fit the machines at hand even at 4 bit, where nothing else may be used."""
    room_gb = memory_gb(needs)
    if room_gb is None or not data.own_machines_only(needs):
        return None

    def check(card: ModelCard) -> Answer:
        if card.hosting is not Hosting.OPEN_WEIGHTS:
            return None
        takes_gb = least_gb(card)
        if takes_gb is None:
            return Unsure(f"that it fits into {readable_count(room_gb)} GB")
        if takes_gb <= room_gb:
            return None
        return No(
            f"its weights take {readable_count(round(takes_gb, 1))} GB at 4 bit, {readable_count(room_gb)} GB are there"
        )

    return check


def memory_gb(needs: Needs) -> Decimal | None:
    """The memory for models: of the device, or of all GPUs together; None when it is not known."""
    if needs.facts.get("data.residency") == "on_device":
        return needs.number("infra.device_ram_gb") or None
    each, count = needs.number("infra.gpu_vram_gb"), needs.number("infra.gpu_available")
    return each * count if each and count else None


def least_gb(card: ModelCard) -> Decimal | None:
    """What the weights take at 4 bit, without any KV cache; None when the size is not known."""
    params_b = card.weights.params_b if card.weights else None
    return None if params_b is None else params_b * LEAST_BYTES_A_PARAM


def priced(needs: Needs) -> Check | None:
    """An API whose price is known."""
    del needs
    out = No("the price map has no price for it")
    return lambda card: out if card.hosting is Hosting.API and card.price is None else None


def budget(needs: Needs) -> Check | None:
    """Even its cheapest month fits the budget."""
    limit = needs.number("budget.monthly_usd")
    if limit is None or needs.traffic.requests_per_month is None:
        return None
    most = readable_usd(limit)
    unsure = Unsure(f"a month within {most}")

    def check(card: ModelCard) -> Answer:
        least = least_month_usd(card, needs.traffic)
        if least is None:
            # A file of weights, or a server that answers, is on a machine that is already there.
            return None if card.hosting in {Hosting.LOCAL_FILE, Hosting.SERVED} else unsure
        return None if least <= limit else No(f"{readable_usd(least)} a month at least, budget {most}")

    return check


def _regions_of(card: ModelCard) -> str:
    if card.hosting is not Hosting.API:
        return "own machines"
    return ", ".join(card.regions) or "no region is published"


def _licence_of(card: ModelCard) -> str:
    if card.hosting is Hosting.API:
        return "the provider's terms of service"
    terms = card.weights.terms if card.weights else None
    if terms is None:
        return (card.weights.licence if card.weights else None) or "no licence is known"
    use = terms.commercial.value if terms.commercial else "not known"
    return " ".join((f"{terms.id}: commercial use {use}.", *terms.clauses))


def _limits(card: ModelCard) -> str:
    has = readable_count(card.context_tok) if card.context_tok else "unknown"
    most = readable_count(card.max_output_tok) if card.max_output_tok else "unknown"
    return f"context {has}, longest answer {most} tokens"


def _month_in_words(card: ModelCard, needs: Needs) -> str:
    month = month_usd(card, needs.traffic)
    return "no price by the token" if month is None else f"{readable_usd(month.low)} to {readable_usd(month.high)}"


_AGREEMENT = {"business associate agreement": Capability.BAA}
_RETENTION = {"zero retention": Capability.ZERO_RETENTION}

FILTERS: Mapping[str, Filter] = {
    "kind": Filter(
        prepare=kind, reads=(), wants=lambda _: "answers prompts with text", says=lambda card, _: card.mode.value
    ),
    "provider": Filter(
        prepare=data.provider,
        reads=("providers.allowed",),
        wants=lambda needs: f"one of {', '.join(needs.several('providers.allowed'))}",
        says=lambda card, _: card.provider,
    ),
    "third party": Filter(
        prepare=data.third_party,
        reads=("data.external_processing_allowed", "data.residency", "infra.offline_required"),
        wants=lambda _: "own machines only",
        says=lambda card, _: card.hosting.value.replace("_", " "),
    ),
    "residency": Filter(
        prepare=data.residency,
        reads=("data.residency",),
        wants=lambda needs: f"data stays in {needs.facts['data.residency']}",
        says=lambda card, _: _regions_of(card),
    ),
    "vendor": Filter(
        prepare=data.sovereignty,
        reads=("providers.eu_vendor_required",),
        wants=lambda _: "a vendor controlled from the EU",
        says=lambda card, _: home(card) or "not known here",
    ),
    "agreement": Filter(
        prepare=data.agreement,
        reads=("data.sensitivity", "compliance.regimes"),
        wants=lambda _: "a business associate agreement",
        says=lambda card, _: says_of(card, _AGREEMENT),
    ),
    "retention": Filter(
        prepare=data.retention,
        reads=("data.sensitivity",),
        wants=lambda _: "keeps no prompts",
        says=lambda card, _: says_of(card, _RETENTION),
    ),
    "licence": Filter(
        prepare=data.licence,
        reads=(),
        wants=lambda _: "commercial use",
        says=lambda card, _: _licence_of(card),
    ),
    "retired": Filter(
        prepare=retired,
        reads=(),
        wants=lambda needs: f"in service on {needs.today.isoformat()}",
        says=lambda card, _: card.retires_on.isoformat() if card.retires_on else "no last day is published",
    ),
    "input": Filter(
        prepare=lambda needs: all_of(modalities(needs)),
        reads=("io.input_modalities",),
        wants=lambda needs: ", ".join(modalities(needs)),
        says=lambda card, needs: says_of(card, modalities(needs)),
    ),
    "output": Filter(
        prepare=lambda needs: all_of(outputs(needs)),
        reads=("io.output_format",),
        wants=lambda needs: ", ".join(outputs(needs)),
        says=lambda card, needs: says_of(card, outputs(needs)),
    ),
    "tools": Filter(
        prepare=lambda needs: all_of(tools(needs)),
        reads=("agency.tools",),
        wants=lambda _: "calls tools",
        says=lambda card, needs: says_of(card, tools(needs)),
    ),
    "context": Filter(
        prepare=context,
        reads=("tokens.input_p99", "tokens.input_avg", "tokens.output_avg", "tokens.output_max"),
        wants=lambda needs: (
            f"{readable_count(longest_prompt(needs) or 0)} tokens in, {readable_count(longest_answer(needs))} out"
        ),
        says=lambda card, _: _limits(card),
    ),
    "machine": Filter(
        prepare=machine,
        reads=(
            "infra.gpu_available",
            "infra.gpu_vram_gb",
            "infra.device_ram_gb",
            "data.residency",
            "data.external_processing_allowed",
            "infra.offline_required",
        ),
        wants=lambda needs: f"weights within {readable_count(memory_gb(needs) or 0)} GB",
        says=lambda card, _: f"{readable_count(size)} GB at 4 bit" if (size := least_gb(card)) else "size not known",
    ),
    "price": Filter(
        prepare=priced,
        reads=(),
        wants=lambda _: "a known price",
        says=lambda card, _: "in the price map" if card.price else "no price by the token",
    ),
    "budget": Filter(
        prepare=budget,
        reads=("budget.monthly_usd", *TRAFFIC_FACTS),
        wants=lambda needs: f"at most {readable_usd(needs.number('budget.monthly_usd'))} a month",
        says=_month_in_words,
    ),
}


def active(needs: Needs) -> dict[str, Check]:
    """The checks that these needs ask for, in the order of the funnel."""
    prepared = ((name, each.prepare(needs)) for name, each in FILTERS.items())
    return {name: check for name, check in prepared if check is not None}


FILTER_FACTS = tuple(dict.fromkeys(fact for each in FILTERS.values() for fact in each.reads))
"""Every fact that can exclude a model."""
