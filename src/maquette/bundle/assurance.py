"""What is known of threats and of the law beside the project, as values: each entry with condition, source and date.

The entries are data of the catalog; an adapter reads them. Nothing here says whether one applies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from maquette.foundation.expression import Expression, ExpressionError, parse
from maquette.foundation.problems import InvalidInput, Place

ALWAYS = parse("true")


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """A text that is said where its condition holds.

    Attributes:
        text: ``{fact}`` stands for a fact's figure; a text with an unknown fact is not said.
        rule: A rule that must have fired too; the text is then linked to it.
        where: The file of the bundle that does it.
    """

    when: Expression
    text: str
    rule: str | None = None
    where: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Threat:
    """A kind of attack or harm.

    Attributes:
        because: Why it applies, where ``applies`` holds; ``absent`` why it does not.
        controls: What a design can have against it; ``gap`` is said where it has none of them.
        probes: The red-team cases that try it.
        residual: What is left in spite of the controls.
    """

    id: str
    name: str
    applies: Expression
    because: tuple[Saying, ...]
    absent: tuple[Saying, ...]
    controls: tuple[Saying, ...]
    gap: str | None
    probes: tuple[str, ...]
    residual: tuple[Saying, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A family of red-team cases.

    Attributes:
        fails: What counts as a failure.
        uses: What of this project the cases are made with.
        atlas: Technique ids of MITRE ATLAS.
    """

    id: str
    name: str
    when: Expression
    fails: str
    uses: tuple[Saying, ...]
    atlas: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Crossing:
    """What can go wrong where data enters or leaves one of ``ends``, in STRIDE's words."""

    ends: frozenset[str]
    wrong: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreatBook:
    """A published list of threats with its source, the probes for them, and what can go wrong at a boundary."""

    source: str
    as_of: date
    threats: tuple[Threat, ...]
    probes: tuple[Probe, ...] = ()
    crossings: tuple[Crossing, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Obligation:
    """One duty of a regime.

    Attributes:
        controls: What of a design meets it; ``gap`` is said where nothing does.
        evidence: Files of the bundle that show it.
        owner: Whom the regime makes responsible, or who has the means.
        since: The day from which it binds; None for a standard that one chooses.
        repeat: When it falls due again, in words.
        fact: The fact that must be at least ``least``; None where nothing is counted.
        incident: Whether it is a deadline after an incident.
    """

    article: str
    duty: str
    applies: Expression
    controls: tuple[Saying, ...]
    gap: str
    evidence: tuple[str, ...]
    owner: str
    since: date | None
    repeat: str
    fact: str | None = None
    least: int | None = None
    incident: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A question on the way to a class; the first answer whose condition holds is given."""

    question: str
    answers: tuple[Saying, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Regime:
    """A law or standard with its duties, and the steps by which it classifies a system, if it does."""

    id: str
    name: str
    source: str
    as_of: date
    obligations: tuple[Obligation, ...]
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Assurance:
    """Everything of it; None and empty where nobody reads the catalog.

    Attributes:
        owasp: The threats of applications with language models.
        nist: The risks of generative AI.
    """

    owasp: ThreatBook | None = None
    nist: ThreatBook | None = None
    regimes: Mapping[str, Regime] = field(default_factory=dict)


def threat_book(data: Mapping[str, Any], *, file: str) -> ThreatBook:
    """A list of threats from its parsed file.

    Raises:
        InvalidInput: A key is missing, or a condition does not parse.
    """
    try:
        return ThreatBook(
            source=data["source"],
            as_of=_day(data["as_of"]),
            threats=tuple(_threat(one) for one in data["threats"]),
            probes=tuple(
                Probe(
                    id=one["id"],
                    name=one["name"],
                    when=_when(one),
                    fails=one["fails"],
                    uses=_sayings(one["uses"]),
                    atlas=tuple(one.get("atlas", ())),
                )
                for one in data.get("probes", ())
            ),
            crossings=tuple(
                Crossing(ends=frozenset(one["ends"]), wrong=one["wrong"]) for one in data.get("crossings", ())
            ),
        )
    except (KeyError, ExpressionError, ValueError) as error:
        raise _wrong(error, file) from error


def regime(name: str, data: Mapping[str, Any], *, file: str) -> Regime:
    """A regime from its parsed file.

    Raises:
        InvalidInput: A key is missing, or a condition does not parse.
    """
    try:
        return Regime(
            id=name,
            name=data["name"],
            source=data["source"],
            as_of=_day(data["as_of"]),
            obligations=tuple(_obligation(one) for one in data["obligations"]),
            steps=tuple(
                Step(question=one["question"], answers=_sayings(one["answers"])) for one in data.get("steps", ())
            ),
        )
    except (KeyError, ExpressionError, ValueError) as error:
        raise _wrong(error, file) from error


def _threat(one: Mapping[str, Any]) -> Threat:
    return Threat(
        id=one["id"],
        name=one["name"],
        applies=parse(one["applies"]),
        because=_sayings(one["because"]),
        absent=_sayings(one.get("absent", ())),
        controls=_sayings(one.get("controls", ())),
        gap=one.get("gap"),
        probes=tuple(one.get("probes", ())),
        residual=_sayings(one.get("residual", ())),
    )


def _obligation(one: Mapping[str, Any]) -> Obligation:
    measure = one.get("at_least", {})
    return Obligation(
        article=one["article"],
        duty=one["duty"],
        applies=_when(one),
        controls=_sayings(one.get("controls", ())),
        gap=one["gap"],
        evidence=tuple(one.get("evidence", ())),
        owner=one["owner"],
        since=_day(one["since"]) if "since" in one else None,
        repeat=one["repeat"],
        fact=measure.get("fact"),
        least=int(measure["value"]) if "value" in measure else None,
        incident=bool(one.get("incident", False)),
    )


def _sayings(entries: Sequence[Mapping[str, Any]]) -> tuple[Saying, ...]:
    return tuple(
        Saying(when=_when(one), text=one["text"], rule=one.get("rule"), where=one.get("where")) for one in entries
    )


def _when(one: Mapping[str, Any]) -> Expression:
    return parse(one["when"]) if "when" in one else ALWAYS


def _day(text: object) -> date:
    return text if isinstance(text, date) else date.fromisoformat(str(text))


def _wrong(error: Exception, file: str) -> InvalidInput:
    what = f"an entry lacks {error}" if isinstance(error, KeyError) else str(error)
    return InvalidInput(what, place=Place(file=file), fix="Correct the entry.")
