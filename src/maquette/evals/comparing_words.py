"""A comparison in plain words: one sentence a pair, one for the whole. Names are data and come through unchanged."""

from collections.abc import Sequence

from maquette.evals.comparison import Finding, Pair, Standing
from maquette.evals.run import Interval
from maquette.evals.statistics.gates import GateVerdict
from maquette.foundation.units import readable_count, readable_usd

FINDINGS = {
    Finding.BETTER: "better",
    Finding.WORSE: "worse",
    Finding.NO_DIFFERENCE_SHOWN: "no difference shown",
    Finding.NOT_ENOUGH_DATA: "not enough data",
}
GATES = {
    GateVerdict.PASS: "passes",
    GateVerdict.FAIL: "fails",
    GateVerdict.NOT_ENOUGH_DATA: "not enough data",
}


def points(share: float) -> str:
    """A difference of rates as percentage points, to a tenth."""
    return f"{100 * share:.1f}"


def signed_points(share: float) -> str:
    """A difference of rates as percentage points, with its sign."""
    return f"{100 * share:+.1f}"


def span(interval: Interval) -> str:
    """The bounds of an interval of a difference, in percentage points."""
    return f"{signed_points(interval.low)} to {signed_points(interval.high)}"


def in_points(interval: Interval) -> str:
    """An interval of a difference in percentage points, in a sentence."""
    return f"95 % interval {points(interval.low)} to {points(interval.high)}"


def named(items: Sequence[str], most: int) -> str:
    """The first ids, and how many more there are."""
    others = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + others


def dropped(*, no_score: Sequence[str], not_asked: Sequence[str]) -> str:
    """Why an item is in no pair."""
    reasons = [f"no score of {name}" for name in no_score] + [f"not asked of {name}" for name in not_asked]
    return ", ".join(reasons)


def nothing_common(baseline: str, candidate: str) -> str:
    """A pair without a common item."""
    return f"not enough data: {candidate} and {baseline} have no scored example in common"


def pair_sentence(pair: Pair, margin: float) -> str:
    """What a pair's items say; the pair has a difference."""
    seen = pair.difference
    assert seen is not None
    assert pair.adjusted_p is not None
    size = f"{points(seen.estimate)} points ({in_points(seen.interval)}) on {readable_count(seen.items)} examples"
    match pair.finding:
        case Finding.BETTER | Finding.WORSE:
            by = points(abs(seen.estimate))
            return (
                f"{pair.candidate} is {pair.finding.value} than {pair.baseline} by {by} points "
                f"({in_points(seen.interval)}, p {p_value(pair.adjusted_p)}) on {readable_count(seen.items)} examples"
            )
        case Finding.NO_DIFFERENCE_SHOWN:
            return f"no difference between {pair.candidate} and {pair.baseline} is shown: {size}"
    wanted = "how many more are needed cannot be told from these"
    if pair.more_examples:
        wanted = f"about {readable_count(pair.more_examples)} more would show a difference of {points(margin)} points"
    return f"not enough data to tell {pair.candidate} from {pair.baseline}: {size}; {wanted}"


def headline(standings: Sequence[Standing], *, reference: str, margin: float, threshold: float | None) -> str:
    """The cheapest target that passes, or what is missing; standings come in their order."""
    first = standings[0]
    demands = _demands(None if first.target_id == reference else reference, margin=margin, threshold=threshold)
    if first.passing is GateVerdict.PASS:
        return f"{_named_first(standings)}: {demands}"
    demands = _demands(reference, margin=margin, threshold=threshold)
    if first.passing is GateVerdict.FAIL:
        return f"no target passes; asked for was {demands}"
    undecided = [one for one in standings if one.passing is GateVerdict.NOT_ENOUGH_DATA]
    known = [(one.more_examples, one.target_id) for one in undecided if one.more_examples]
    wanted = "; how many more examples are needed cannot be told from these"
    if known:
        more, target = min(known)
        wanted = f"; about {readable_count(more)} more examples would settle it for {target}"
    open_for = ", ".join(one.target_id for one in undecided)
    return f"no target passes yet; asked for was {demands}, which is open for {open_for}{wanted}"


def _named_first(standings: Sequence[Standing]) -> str:
    first, *others = [one for one in standings if one.passing is GateVerdict.PASS]
    unknown = [one.target_id for one in others if one.cost_usd is None]
    if first.cost_usd is None:
        smallest = "is the smallest that passes," if first.size is not None and others else "passes"
        return f"{first.target_id} {smallest} at an unknown cost"
    equal = first.size is not None and any(one.cost_usd == first.cost_usd for one in others)
    which = "the smallest of the cheapest that pass" if equal else "the cheapest that passes"
    known = f"{first.target_id} is {which}, at {readable_usd(first.cost_usd)} an example"
    return f"{known} (the cost of {', '.join(unknown)} is unknown)" if unknown else known


def _demands(reference: str | None, *, margin: float, threshold: float | None) -> str:
    demands = [] if threshold is None else [f"a mean score of at least {points(threshold)} %"]
    if reference is not None:
        demands.append(f"at most {points(margin)} points worse than {reference}")
    return " and ".join(demands) or "the others are held against it"


def p_value(value: float) -> str:
    """A p value to three digits, in a sentence."""
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


def p_cell(value: float | None) -> str:
    """A p value to three digits, in a table; empty when there is none."""
    return "" if value is None else p_value(value).replace("below ", "<")
