"""Figures with their sources as plain data, and the facts of a project as figures. No sentence is written here."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from maquette.decision.precedence import STATED, FactConflict
from maquette.foundation.expression import FactValue
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd
from maquette.requirements.answers import Requirements, assumptions, converted, known_facts
from maquette.requirements.questions import Question, QuestionBook

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


def clause(*parts: str | Figure | None) -> list[str | Figure]:
    """Part of a sentence that is said with all of its figures or not at all."""
    return [part for part in parts if part is not None] if None not in parts else []


class FactSheet:
    """The facts of a project, each with where it comes from. A fact that is not known is None, never a default."""

    def __init__(
        self, requirements: Requirements, book: QuestionBook, *, conflicts: Sequence[FactConflict] = ()
    ) -> None:
        """``conflicts`` hold the values that took the place of what is stated of the design."""
        stated = known_facts(requirements, book)
        self._learnt = {one.name: one for one in conflicts if one.other_from == STATED}
        self.values: Mapping[str, FactValue] = {**stated, **{name: one.taken for name, one in self._learnt.items()}}
        self._book = book
        self._requirements = requirements
        self._assumed = {taken.question.id for taken in assumptions(requirements, book)}
        self._formulas = {derived.id: derived.formula.text for derived in book.derived}
        for name in converted(requirements, book):
            instead = book.questions[name].instead
            self._formulas[name] = instead.text if instead else ""

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
        """The fact as a figure with its unit, a choice in words; None when it is unknown."""
        text = self.readable(name)
        return None if text is None else figure(text, self.source(name))

    def stated(self, name: str) -> FactValue | None:
        """What was stated of the design under review, also where something else is known since."""
        return self._requirements.design_facts.get(name)

    def stated_number(self, name: str) -> Decimal | None:
        """What was stated of the design under review as an exact number; None where no number was."""
        value = self.stated(name)
        return None if value is None or isinstance(value, bool | str | tuple) else Decimal(str(value))

    def stated_figure(self, name: str) -> Figure | None:
        """What was stated of the design under review as a figure; None where nothing was."""
        value = self.stated(name)
        if value is None:
            return None
        source = Source(kind=SourceKind.CLAIMED, ref=f"stated design fact {name}")
        return figure(self._readable(name, value), source)

    def known_figure(self, name: str, value: FactValue, source: str) -> Figure:
        """A value that the project knows of a fact, whether it counts or not, with where it comes from."""
        return figure(self._readable(name, value), Source(kind=_kind_of(name), ref=f"{name}: {source}"))

    def said(self, name: str) -> Figure | None:
        """The fact as a figure for a sentence, as `figure` gives it."""
        return self.figure(name)

    def in_words(self, name: str, choice: str) -> str:
        """A choice of that question as a sentence says it: ``pii`` of data.sensitivity is personal data."""
        question = self._book.questions.get(name)
        return question.in_words(choice) if question else choice.replace("_", " ")

    def typed(self, name: str) -> str | None:
        """The fact as `readable` has it, but a choice as the answers write it, so that it can be typed."""
        value, question = self.values.get(name), self._book.questions.get(name)
        if question is None or not question.choices or not isinstance(value, str | tuple):
            return self.readable(name)
        return value if isinstance(value, str) else ", ".join(value) or "none"

    def readable(self, name: str) -> str | None:
        """The fact with its unit for a person; None when it is unknown."""
        value = self.values.get(name)
        return None if value is None else self._readable(name, value)

    def source(self, name: str) -> Source:
        """Whether the fact was required, assumed, computed, or said of a design under review."""
        if name in self._learnt:
            return Source(kind=_kind_of(name), ref=f"{name}: {self._learnt[name].taken_from}")
        if name in self._formulas:
            return Source(kind=SourceKind.ESTIMATED, ref=f"{name} = {self._formulas[name]}")
        if name in self._assumed:
            return Source(kind=SourceKind.ASSUMED, ref=f"default of {name}")
        if name in self._requirements.answers:
            return Source(kind=SourceKind.REQUIRED, ref=f"answer {name}")
        return Source(kind=SourceKind.CLAIMED, ref=f"stated design fact {name}")

    @staticmethod
    def _chosen(question: Question | None, choice: str) -> str:
        """A choice in words rather than as it is written in the answers; what somebody typed stays as it is."""
        return question.in_words(choice) if question is not None and question.choices else choice

    def _readable(self, name: str, value: FactValue) -> str:
        question = self._book.questions.get(name)
        unit = question.unit if question else _UNITS.get(name)
        match value:
            case bool():
                return "yes" if value else "no"
            case tuple():
                return ", ".join(self._chosen(question, one) for one in value) or "none"
            case str():
                return self._chosen(question, value)
        number = Decimal(str(value))
        if unit is not None and unit.startswith("USD"):
            return readable_usd(number) + unit.removeprefix("USD")
        if unit == "fraction":
            return f"{readable_count(number * 100)} %"
        number, unit = _slowly(number, unit)
        rounded = number if number == number.to_integral_value() else Decimal(f"{number:.3g}")
        return f"{readable_count(rounded)} {_of_one(unit, rounded)}" if unit else readable_count(rounded)


def _slowly(number: Decimal, unit: str | None) -> tuple[Decimal, str | None]:
    """A rate below one a second by the minute, and below one a minute by the hour: what a person can picture."""
    if unit != "requests/s" or not 0 < number < 1:
        return number, unit
    return (number * 60, "requests/min") if number * 60 >= 1 else (number * 3600, "requests/h")


def _kind_of(name: str) -> SourceKind:
    """Of a fact that the project knows by itself: projected, measured, or decided."""
    group = name.partition(".")[0]
    return {"cost": SourceKind.ESTIMATED, "ops": SourceKind.MEASURED, "eval": SourceKind.MEASURED}.get(
        group, SourceKind.REQUIRED
    )


def _of_one(unit: str, number: Decimal) -> str:
    """The unit behind that number: 1 language, 2 languages."""
    return unit[:-1] if number == 1 and unit in _PLURALS else unit


_PLURALS = frozenset({"languages", "tiers", "turns", "tokens", "months", "days", "examples", "calls", "users", "GPUs"})

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
