"""The checks of an audit, each from examples to findings. None shows a string that looks like personal data."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from maquette.evals.data_contents import personal_data
from maquette.evals.data_labels import LabelBalance
from maquette.evals.data_likeness import groups_of_same, input_text, near_pairs, normalised
from maquette.evals.dataset import Example
from maquette.evals.reading import WELL_KNOWN_STRATA
from maquette.evals.statistics.values import Z
from maquette.foundation.lineage import canonical_json

FEWEST = 100
"""Examples below which a set is told to be small."""

CHARS_PER_TOK = 4
"""The rule of thumb of the providers' own pages for English text; other languages take more tokens."""

_NAMED = 5
_BY_ITSELF = re.compile(r"line-\d+")


class Severity(StrEnum):
    """How much a finding matters: a serious one makes scores wrong, a warning weak, a notice is good to know."""

    SERIOUS = "serious"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        code: A stable name for scripts.
        count: How many examples, or pairs, it is about.
        examples: The first few ids.
    """

    code: str
    severity: Severity
    what: str
    fix: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Stratum:
    """How many examples a stratum has, and the half-width of the widest 95 % interval that so many can give."""

    name: str
    examples: int
    half_width: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a model takes: tokens of question and answer together, and the answer that it is to leave room for."""

    context_tok: int
    answer_tok: int


def half_width(examples: int) -> float:
    """Half of Wilson's 95 % interval at a rate of one half, its widest (Wilson 1927, doi 10.2307/2276774)."""
    return Z * sqrt(0.25 / examples + Z * Z / (4 * examples * examples)) / (1 + Z * Z / examples)


def _named(examples: Sequence[Example], places: Sequence[int]) -> tuple[str, ...]:
    """The first few ids; one that looks like personal data is named by its place."""
    ids = ((place, examples[place].id) for place in places[:_NAMED])
    return tuple(f"example {place + 1}" if personal_data(found) else found for place, found in ids)


def _about(
    examples: Sequence[Example], places: Sequence[int], *, code: str, severity: Severity, what: str, fix: str
) -> Finding:
    """A finding about the examples at these places; ``what`` is said behind their count."""
    said, named = f"{len(places)} {what}", _named(examples, places)
    return Finding(code=code, severity=severity, what=said, fix=fix, count=len(places), examples=named)


def small(number: int, strata: Sequence[Stratum]) -> list[Finding]:
    """Whether there are enough examples, and of each well-known kind."""
    found = []
    if number < FEWEST:
        what = f"{number} examples give at best ± {half_width(number):.1%} (95 %, Wilson); {FEWEST} give ± "
        found.append(
            Finding(
                code="few_examples",
                severity=Severity.WARNING,
                what=f"{what}{half_width(FEWEST):.1%}",
                fix=f"Collect {FEWEST - number} more from real use before choosing by these scores.",
                count=number,
            )
        )
    present = {stratum.name for stratum in strata}
    lacking = [name for name in WELL_KNOWN_STRATA if name not in present]
    return found + [
        Finding(
            code=f"no_{name}",
            severity=Severity.WARNING,
            what=f"no example is marked {name}",
            fix=f"Add {name} cases, or mark those that are: stratum: {name}.",
            count=0,
        )
        for name in lacking
    ]


def repeated_cases(examples: Sequence[Example], folded: Sequence[str]) -> list[Finding]:
    """Contradictions, duplicates and near duplicates; examples that share a cluster are meant to be repeats."""
    opposed: list[int] = []
    repeated: list[int] = []
    for group in groups_of_same([_asked(example, text) for example, text in zip(examples, folded, strict=True)]):
        if len({canonical_json(examples[place].expected) for place in group}) > 1:
            opposed += group
        else:
            repeated += [place for place in group[1:] if not _meant(examples[group[0]], examples[place])]
    near = [second for first, second in near_pairs(folded) if not _meant(examples[first], examples[second])]
    found = [
        _about(
            examples,
            opposed,
            code="contradictions",
            severity=Severity.SERIOUS,
            what="examples ask the same as another and expect another answer",
            fix="Decide which answer is right: no model can be right on both.",
        ),
        _about(
            examples,
            repeated,
            code="duplicates",
            severity=Severity.WARNING,
            what="examples are there already",
            fix="Take them out, or give repeats one cluster: a case counted twice narrows intervals wrongly.",
        ),
        _about(
            examples,
            near,
            code="near_duplicates",
            severity=Severity.NOTICE,
            what="examples are nearly another one",
            fix="Give variants of one case the same cluster, or take some out.",
        ),
    ]
    return [finding for finding in found if finding.count]


def _meant(first: Example, second: Example) -> bool:
    """Whether two examples are meant to be repeats of one case."""
    return first.cluster is not None and first.cluster == second.cluster


def _asked(example: Example, folded: str) -> str:
    """What tells one question from another: pictures and tools too."""
    if not (example.images or example.tools):
        return folded
    return f"{folded}\n{[image.sha256 for image in example.images]}{[tool.name for tool in example.tools]}"


def leaked(examples: Sequence[Example], folded: Sequence[str], shown: Sequence[Example]) -> list[Finding]:
    """What the prompt shows the answers of; ``folded`` are the examples' normalised texts."""
    if not shown:
        return []
    answers = {text for example in shown if (text := normalised(input_text(example)))}
    same = [place for place, text in enumerate(folded) if text in answers]
    near = [second - len(answers) for _, second in near_pairs([*sorted(answers), *folded], against=len(answers))]
    ids = {example.id for example in shown if not _BY_ITSELF.fullmatch(example.id)}
    named = [place for place, example in enumerate(examples) if example.id in ids and place not in set(same)]
    found = [
        _about(
            examples,
            same,
            code="leak",
            severity=Severity.SERIOUS,
            what="examples are also few-shot examples: the prompt shows their answers",
            fix="Take them out of one of the two.",
        ),
        _about(
            examples,
            near,
            code="near_leak",
            severity=Severity.WARNING,
            what="examples are nearly a few-shot example",
            fix="Choose few-shot examples that are further from the test.",
        ),
        _about(
            examples,
            named,
            code="leaked_ids",
            severity=Severity.WARNING,
            what="examples have the id of a few-shot example",
            fix="Check that they are different cases, and name them apart.",
        ),
    ]
    return [finding for finding in found if finding.count]


def unbalanced(labels: Sequence[LabelBalance]) -> list[Finding]:
    """Answers that a model without any sense would often get right."""
    found = []
    for balance in labels:
        if balance.baseline < 0.5 and balance.labels > 1:
            continue
        where = f" of {balance.field}" if balance.field else ""
        what = f"a model that always says {balance.majority!r}{where} scores {balance.baseline:.0%}"
        found.append(
            Finding(
                code="unbalanced",
                severity=Severity.WARNING if balance.baseline >= 0.8 else Severity.NOTICE,
                what=what,
                fix="Add cases of the other answers, or compare with this figure and not with zero.",
                count=balance.counts[0][1],
            )
        )
    return found


def too_long(examples: Sequence[Example], chars: Sequence[int], contexts: Mapping[str, Limits]) -> list[Finding]:
    """What a model has no room for: the question of so many characters, or the expected answer."""
    answers = [len(_written(example.expected)) for example in examples]
    found = []
    for target, limits in contexts.items():
        room_tok = limits.context_tok - limits.answer_tok
        for code, lengths, most_tok, what in (
            (
                "too_long",
                chars,
                room_tok,
                f"examples are longer than the {room_tok:,} tokens that {target} has room for",
            ),
            ("answers_too_long", answers, limits.answer_tok, f"answers are longer than {limits.answer_tok:,} tokens"),
        ):
            over = [place for place, count in enumerate(lengths) if count > most_tok * CHARS_PER_TOK]
            finding = _about(
                examples,
                over,
                code=code,
                severity=Severity.SERIOUS,
                what=f"{what} (an estimate, at {CHARS_PER_TOK} characters a token)",
                fix=f"{target} has {limits.context_tok:,} tokens, {limits.answer_tok:,} of them for the answer.",
            )
            found += [finding] if over and finding not in found else []
    return found


def _written(expected: object) -> str:
    return expected if isinstance(expected, str) else canonical_json(expected)


def incomplete(examples: Sequence[Example], folded: Sequence[str]) -> list[Finding]:
    """Examples that lack an input, an id or an expected answer."""
    empty = [
        place
        for place, (example, text) in enumerate(zip(examples, folded, strict=True))
        if not (text or example.images)
    ]
    unnamed = [place for place, example in enumerate(examples) if _BY_ITSELF.fullmatch(example.id)]
    unanswered = [place for place, example in enumerate(examples) if example.expected in (None, "")]
    found = [
        _about(
            examples,
            empty,
            code="empty_inputs",
            severity=Severity.SERIOUS,
            what="examples have an empty input",
            fix="Fill them in, or take them out.",
        ),
        _about(
            examples,
            unnamed,
            code="no_ids",
            severity=Severity.NOTICE,
            what="examples have no id and are named after their line",
            fix="Give them ids, so that results stay theirs when lines move.",
        ),
        _about(
            examples,
            unanswered,
            code="no_expected",
            severity=Severity.NOTICE,
            what="examples have no expected answer",
            fix="Only metrics that need none can score them.",
        ),
    ]
    return [finding for finding in found if finding.count]


_ARTICLES = {"e-mail address": "an", "phone number": "a", "payment card": "a", "IBAN": "an"}


def personal(examples: Sequence[Example], texts: Sequence[str]) -> list[Finding]:
    """Places instead of ids, since an id may be such a string itself."""
    counted: Counter[str] = Counter()
    places: dict[str, list[int]] = defaultdict(list)
    for place, (example, text) in enumerate(zip(examples, texts, strict=True), start=1):
        for kind, count in personal_data(f"{example.id}\n{text}\n{_written(example.expected)}").items():
            counted[kind] += count
            places[kind].append(place)
    return [
        Finding(
            code="personal_data",
            severity=Severity.WARNING,
            what=f"{count} {'string looks' if count == 1 else 'strings look'} like {_ARTICLES[kind]} {kind}",
            fix="Replace what is real before it is sent to a provider or written to a log.",
            count=count,
            examples=tuple(f"example {place}" for place in places[kind][:_NAMED]),
        )
        for kind, count in counted.most_common()
    ]
