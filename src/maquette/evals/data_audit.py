"""An audit of a set of examples: what would make its scores say something else than they seem to.

Everything is pure and works on what was read. Lengths in tokens are estimates, at four characters a token.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from maquette.evals.data_contents import script_of
from maquette.evals.data_findings import (
    CHARS_PER_TOK,
    Finding,
    Limits,
    Severity,
    Stratum,
    half_width,
    incomplete,
    leaked,
    personal,
    repeated_cases,
    small,
    too_long,
    unbalanced,
)
from maquette.evals.data_labels import LabelBalance, label_balances
from maquette.evals.data_likeness import input_text, normalised
from maquette.evals.data_origins import little_production, origins_of
from maquette.evals.dataset import Dataset, Example, Prompt
from maquette.evals.reading import WELL_KNOWN_STRATA
from maquette.foundation.lineage import canonical_json


@dataclass(frozen=True, kw_only=True, slots=True)
class Lengths:
    """Characters of what is put to a model, the prompt included, and the longest in estimated tokens."""

    p50_chars: int
    p95_chars: int
    most_chars: int
    most_tok: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """What was found, the most serious first.

    Attributes:
        half_width: Of the widest 95 % interval that the whole set can give.
        scripts: Script to how many examples are mostly written in it.
        sources: Where the examples say that they come from, to how many.
    """

    dataset: str
    examples: int
    few_shot: int
    half_width: float
    strata: tuple[Stratum, ...]
    labels: tuple[LabelBalance, ...]
    lengths: Lengths
    scripts: Mapping[str, int]
    sources: Mapping[str, int]
    findings: tuple[Finding, ...]

    @property
    def serious(self) -> bool:
        """Whether anything serious was found."""
        return any(finding.severity is Severity.SERIOUS for finding in self.findings)


def audit(dataset: Dataset, prompt: Prompt | None, contexts: Mapping[str, Limits]) -> Audit:
    """Look at every example once.

    Args:
        dataset: The examples, at least one.
        prompt: With its few-shot examples; None when it is not known.
        contexts: A target's id to its limits; targets whose limits are unknown are left out.
    """
    examples = dataset.examples
    texts = [input_text(example) for example in examples]
    folded = [normalised(text) for text in texts]
    labels = label_balances(examples)
    chars = _chars(examples, texts, prompt)
    strata = _strata(examples)
    findings = [
        *small(len(examples), strata),
        *repeated_cases(examples, folded),
        *leaked(examples, folded, _shown(dataset, prompt)),
        *unbalanced(labels),
        *too_long(examples, chars, contexts),
        *incomplete(examples, folded),
        *personal(examples, texts),
        *little_production(examples),
    ]
    order = list(Severity)
    return Audit(
        dataset=dataset.name,
        examples=len(examples),
        few_shot=len(prompt.few_shot) if prompt else 0,
        half_width=half_width(len(examples)),
        strata=strata,
        labels=labels,
        lengths=_lengths(chars),
        scripts=dict(Counter(script_of(text) or "none" for text in texts).most_common()),
        sources=origins_of(examples),
        findings=tuple(sorted(findings, key=lambda finding: order.index(finding.severity))),
    )


def _shown(dataset: Dataset, prompt: Prompt | None) -> tuple[Example, ...]:
    """The examples that a model sees with their answers."""
    return (*dataset.few_shot, *(prompt.few_shot if prompt else ()))


def _strata(examples: Sequence[Example]) -> tuple[Stratum, ...]:
    counted = Counter(name for example in examples for name in example.strata)
    known = [name for name in WELL_KNOWN_STRATA if name in counted]
    names = [*known, *sorted(counted.keys() - set(known))]
    return tuple(Stratum(name=name, examples=counted[name], half_width=half_width(counted[name])) for name in names)


def _chars(examples: Sequence[Example], texts: Sequence[str], prompt: Prompt | None) -> list[int]:
    """Each example with the prompt's texts around it; the marks of the templates count as if they were sent."""
    around = 0
    if prompt is not None:
        around = len(prompt.system or "") + len(prompt.user) + len(prompt.assistant or "") * len(prompt.few_shot)
        around += sum(
            len(prompt.user) + len(input_text(shot)) + len(canonical_json(shot.expected)) for shot in prompt.few_shot
        )
    tools = defaultdict(int, {example.id: len(canonical_json(example.tools)) for example in examples if example.tools})
    return [around + len(text) + tools[example.id] for example, text in zip(examples, texts, strict=True)]


def _lengths(chars: Sequence[int]) -> Lengths:
    ordered = sorted(chars)
    return Lengths(
        p50_chars=ordered[ceil(0.5 * len(ordered)) - 1],
        p95_chars=ordered[ceil(0.95 * len(ordered)) - 1],
        most_chars=ordered[-1],
        most_tok=ceil(ordered[-1] / CHARS_PER_TOK),
    )
