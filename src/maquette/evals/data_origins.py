"""Where examples come from: a set that was not drawn from real use says little about it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from maquette.evals.data_findings import Finding, Severity
from maquette.evals.dataset import Example

PRODUCTION = "production"
UNKNOWN = "unknown"
LEAST_PRODUCTION = 0.2
"""The share of real traffic below which a set is told to be cherry-picked, perhaps."""


def origins_of(examples: Iterable[Example]) -> Mapping[str, int]:
    """Source to how many examples say that they come from it, the commonest first; `UNKNOWN` for those that do not."""
    return dict(Counter(example.source or UNKNOWN for example in examples).most_common())


def origin_words(origins: Mapping[str, int]) -> str:
    """Each source with its share, in percent."""
    number = sum(origins.values())
    return ", ".join(f"{name} {100 * count / number:.0f} %" for name, count in origins.items())


def little_production(examples: Sequence[Example]) -> list[Finding]:
    """Whether enough examples come from production; of a set that says nothing, that nobody knows."""
    number, origins = len(examples), origins_of(examples)
    if set(origins) == {UNKNOWN}:
        what, severity = f"none of {number} examples says where it comes from", Severity.NOTICE
        return [
            Finding(code="no_source", severity=severity, what=what, fix=f"Say it: source: {PRODUCTION}.", count=number)
        ]
    count = origins.get(PRODUCTION, 0)
    if count >= LEAST_PRODUCTION * number:
        return []
    return [
        Finding(
            code="little_production",
            severity=Severity.WARNING,
            what=f"{count} of {number} examples ({100 * count / number:.0f} %) say that they come from {PRODUCTION}; "
            f"below {LEAST_PRODUCTION:.0%} the set may show what somebody picked, not what users send",
            fix=f"Sample more from real use, and mark what comes from it: source: {PRODUCTION}.",
            count=count,
        )
    ]
