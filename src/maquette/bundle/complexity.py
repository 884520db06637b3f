"""How complex a request is, as a number from 0 to 1 over fields that the task has: the mean of its terms.

What is unknown of a project has no term. The thresholds over the score are `routing_values`'.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maquette.bundle.figures import FactSheet

ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One part of the score.

    Attributes:
        fact: What the answers say of it; the term exists because of it.
        zero, one: What a request is like at either end.
        formula: How a request's value is computed, clipped to 0 and 1.
        average: Of the average request; None where the share of such requests is not known.
    """

    name: str
    fact: str
    zero: str
    one: str
    formula: str
    average: Decimal | None


def complexity_terms(facts: FactSheet) -> tuple[Term, ...]:
    """The terms that this project's requests have."""
    return tuple(_terms(facts))


def complexity_score(values: Sequence[Decimal]) -> Decimal:
    """The mean of the terms' values, each clipped to 0 and 1.

    Raises:
        ValueError: There is no value.
    """
    if not values:
        raise ValueError("a score needs a term at least")
    return sum((min(ONE, max(ZERO, value)) for value in values), ZERO) / len(values)


def average_score(terms: Sequence[Term]) -> Decimal | None:
    """The score of the average request, terms of unknown share at 0; None where no term has an average."""
    if not any(term.average is not None for term in terms):
        return None
    return complexity_score([term.average or ZERO for term in terms])


def fitted_threshold(graded: Sequence[tuple[Decimal, bool, bool]], most_loss: Decimal) -> Decimal | None:
    """The highest score below which the smaller model loses at most ``most_loss`` against the larger one.

    Args:
        graded: Of each example its score, whether the smaller model was right, and whether the larger one was.
        most_loss: The accepted difference of their shares of right answers, over all examples below the threshold.

    Returns:
        One of the scores, 1 when the smaller model may answer all; None without examples.
    """
    if not graded:
        return None
    ranked = sorted(graded, key=lambda one: one[0])
    best, lost = ranked[0][0], 0
    for place, (_, small, large) in enumerate(ranked, start=1):
        lost += large - small
        last = place == len(ranked)
        ends = last or ranked[place][0] > ranked[place - 1][0]
        if ends and Decimal(lost) <= most_loss * place:
            best = ONE if last else ranked[place][0]
    return best


def _terms(facts: FactSheet) -> Iterator[Term]:
    yield from _length(facts)
    yield from _turn(facts)
    languages, modalities = facts.number("quality.languages"), facts.values.get("io.input_modalities")
    if languages is not None and languages > 1:
        yield _flag("language", "quality.languages", "the language of most requests", "another language")
    if isinstance(modalities, tuple) and len(modalities) > 1:
        yield _flag("parts", "io.input_modalities", f"{modalities[0]} alone", f"with {' or '.join(modalities[1:])}")
    if facts.values.get("knowledge.multi_hop") is True:
        yield _flag("documents", "knowledge.multi_hop", "one passage answers it", "it joins several documents")
    if facts.text("agency.tools") in ("write_reversible", "irreversible"):
        yield _flag("tools", "agency.tools", "it only reads", "it changes something")


def _length(facts: FactSheet) -> Iterator[Term]:
    average, longest = facts.number("tokens.input_avg"), facts.number("tokens.input_p99")
    prefix = min(facts.number("tokens.shared_prefix") or ZERO, average or ZERO)
    if average is None or longest is None or longest <= prefix:
        return
    yield Term(
        name="length",
        fact="tokens.input_p99",
        zero="nothing but the shared prefix",
        one="as long as the 99th percentile",
        formula="(tokens - tokens.shared_prefix) / (tokens.input_p99 - tokens.shared_prefix)",
        average=(average - prefix) / (longest - prefix),
    )


def _turn(facts: FactSheet) -> Iterator[Term]:
    turns = facts.number("context.turns_avg")
    if facts.values.get("context.multi_turn") is not True or turns is None or turns < 2:
        return
    yield Term(
        name="turn",
        fact="context.turns_avg",
        zero="a session begins",
        one="twice the usual number of turns",
        formula="turn / (2 x context.turns_avg)",
        average=(turns + 1) / 2 / (2 * turns),
    )


def _flag(name: str, fact: str, zero: str, one: str) -> Term:
    return Term(name=name, fact=fact, zero=zero, one=one, formula="0 or 1", average=None)
