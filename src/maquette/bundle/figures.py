"""Figures with their sources as plain data, and the facts of a project as figures. No sentence is written here."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from maquette.foundation.expression import FactValue
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd
from maquette.requirements.answers import Requirements, assumptions, known_facts
from maquette.requirements.questions import QuestionBook

Figure: TypeAlias = Mapping[str, str]
"""``text`` for the reader, ``kind`` of its source (measured, claimed, ...), and ``ref``: where it comes from."""

Sentence: TypeAlias = Sequence[str | Figure]
"""Words and figures in their order; the filter ``said`` prints it with a link behind each figure."""


def figure(text: str, source: Source) -> Figure:
    """A figure for the templates."""
    dated = f"{source.ref}, {source.as_of.isoformat()}" if source.as_of else source.ref
    return {"text": text, "kind": source.kind.value, "ref": dated}


def estimated(text: str, formula: str) -> Figure:
    """A figure that was computed, with the formula and its inputs as the source."""
    return figure(text, Source(kind=SourceKind.ESTIMATED, ref=formula))


def in_words(choice: str) -> str:
    """A choice of a question as a sentence says it: ``phi`` is PHI, ``free_text`` is free text."""
    return _CHOICES.get(choice, choice.replace("_", " "))


def clause(*parts: str | Figure | None) -> list[str | Figure]:
    """Part of a sentence that is said with all of its figures or not at all."""
    return [part for part in parts if part is not None] if None not in parts else []


class FactSheet:
    """The facts of a project, each with where it comes from. A fact that is not known is None, never a default."""

    def __init__(self, requirements: Requirements, book: QuestionBook) -> None:
        self.values: Mapping[str, FactValue] = known_facts(requirements, book)
        self._book = book
        self._requirements = requirements
        self._assumed = {taken.question.id for taken in assumptions(requirements, book)}
        self._formulas = {derived.id: derived.formula.text for derived in book.derived}

    def number(self, name: str) -> Decimal | None:
        """The fact as an exact number; None when it is unknown or no number."""
        value = self.values.get(name)
        if value is None or isinstance(value, bool | str | tuple):
            return None
        return Decimal(str(value))

    def text(self, name: str) -> str | None:
        """The fact as the user's word; None when it is unknown or no word."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def figure(self, name: str) -> Figure | None:
        """The fact as a figure with its unit; None when it is unknown."""
        text = self.readable(name)
        return None if text is None else figure(text, self.source(name))

    def said(self, name: str) -> Figure | None:
        """The fact as a figure for a sentence: a choice in words rather than as it is written in the answers."""
        shown, question = self.figure(name), self._book.questions.get(name)
        if shown is None or question is None or not question.choices:
            return shown
        parts = shown["text"].split(", ")
        return {**shown, "text": ", ".join(in_words(one) for one in parts)}

    def readable(self, name: str) -> str | None:
        """The fact with its unit for a person; None when it is unknown."""
        value = self.values.get(name)
        return None if value is None else self._readable(name, value)

    def source(self, name: str) -> Source:
        """Whether the fact was required, assumed, computed, or said of a design under review."""
        if name in self._formulas:
            return Source(kind=SourceKind.ESTIMATED, ref=f"{name} = {self._formulas[name]}")
        if name in self._assumed:
            return Source(kind=SourceKind.ASSUMED, ref=f"default of {name}")
        if name in self._requirements.answers:
            return Source(kind=SourceKind.REQUIRED, ref=f"answer {name}")
        return Source(kind=SourceKind.CLAIMED, ref=f"stated design fact {name}")

    def _readable(self, name: str, value: FactValue) -> str:
        question = self._book.questions.get(name)
        unit = question.unit if question else _UNITS.get(name)
        match value:
            case bool():
                return "yes" if value else "no"
            case tuple():
                return ", ".join(value) or "none"
            case str():
                return value
        number = Decimal(str(value))
        if unit is not None and unit.startswith("USD"):
            return readable_usd(number) + unit.removeprefix("USD")
        if unit == "fraction":
            return f"{readable_count(number * 100)} %"
        rounded = number if number == number.to_integral_value() else Decimal(f"{number:.3g}")
        return f"{readable_count(rounded)} {_of_one(unit, rounded)}" if unit else readable_count(rounded)


def _of_one(unit: str, number: Decimal) -> str:
    """The unit behind that number: 1 language, 2 languages."""
    return unit[:-1] if number == 1 and unit in _PLURALS else unit


_PLURALS = frozenset({"languages", "tiers", "turns", "tokens", "months", "days", "examples", "calls", "users", "GPUs"})

_CHOICES: Mapping[str, str] = {
    "phi": "PHI",
    "pii": "PII",
    "pci": "PCI",
    "us": "the US",
    "uk": "the UK",
    "eu": "the EU",
    "rag_qa": "answers from documents",
    "macro_f1": "macro F1",
    "soc2": "SOC 2",
    "pci_dss": "PCI DSS",
    "ccpa": "CCPA",
    "eu_ai_act": "EU AI Act",
    "limited_art50": "limited by article 50",
    "high_annex1": "high by annex I",
    "high_annex3": "high by annex III",
    "hipaa": "HIPAA",
    "gdpr": "GDPR",
    "json": "JSON",
    "api": "API",
    "on_prem_only": "your own premises",
    "on_device": "the device",
}
"""Choices whose words are more than the written choice with spaces."""

_UNITS: Mapping[str, str] = {
    "derived.rps_mean": "requests/s",
    "derived.rps_batch": "requests/s",
    "derived.rps_peak": "requests/s",
    "derived.cost_per_request_limit": "USD/request",
    "derived.tokens_per_day": "tokens/day",
    "derived.peak_tpm": "tokens/min",
    "derived.min_decode_tps": "tokens/s",
    "derived.concurrency_peak": "requests",
    "cost.monthly_usd": "USD/month",
    "cost.api_monthly_usd": "USD/month",
    "cost.frontier_monthly_usd": "USD/month",
    "cat.rate_limit_tpm": "tokens/min",
    "cat.price_step_tokens": "tokens",
    "cat.prompt_cache_min_tokens": "tokens",
    "cat.weights_gb": "GB",
}
