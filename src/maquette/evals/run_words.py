"""A run in plain sentences: who passes, the smallest first, and what the plain rates do not show.

Names come through unchanged: they are data, and whoever shows them makes them safe.
"""

from collections.abc import Iterator, Mapping

from maquette.evals.comparing_words import named
from maquette.evals.model_size import UNKNOWN_SIZE, ModelSize
from maquette.evals.run import Estimate, EvalRun, TargetResult, Verdict
from maquette.evals.statistics import more_to_decide
from maquette.foundation.units import Usd, readable_count, readable_usd

VERDICTS = {
    Verdict.PASSES: "passes",
    Verdict.FAILS: "fails",
    Verdict.NOT_ENOUGH_DATA: "not enough data",
    Verdict.NO_THRESHOLD: "no threshold",
}
SHORT_VERDICTS = {
    Verdict.PASSES: "passes",
    Verdict.FAILS: "fails",
    Verdict.NOT_ENOUGH_DATA: "undecided",
    Verdict.NO_THRESHOLD: "",
}
"""For a narrow table."""

NAMED = 5
"""Ids named in one line; the rest is counted."""

_SLOW_CLIENT, _MISSED, _FAILED, _UNSCORED, _OPEN = range(5)
"""The order of warnings."""

_NO_SIZES: Mapping[str, ModelSize] = {}


def usd_per_answer(result: TargetResult) -> Usd | None:
    """What one answer costs, made in this run or on record; None when nothing of it is priced."""
    amounts = [usd for usd in (result.spent_usd, result.reused_usd) if usd is not None]
    answers = result.done - sum(result.failures.values())
    return sum(amounts, Usd(0)) / answers if amounts and answers else None


def passing(run: EvalRun, sizes: Mapping[str, ModelSize] = _NO_SIZES) -> tuple[TargetResult, ...]:
    """The models that pass and miss nothing that must be right: cheapest first, unpriced ones last; equal ones by size.

    Args:
        run: The results.
        sizes: Target to its size, where that is known.
    """

    def place(result: TargetResult) -> tuple[object, ...]:
        usd = usd_per_answer(result)
        return usd is None, usd or Usd(0), sizes.get(result.target_id, UNKNOWN_SIZE).order

    return tuple(sorted((one for one in run.results if _passes(one)), key=place))


def headline(run: EvalRun, sizes: Mapping[str, ModelSize] = _NO_SIZES) -> str:
    """Which model to look at first, and why; or why none passes."""
    if not any(result.scored for result in run.results):
        return "No answer is scored yet."
    return f"{'So far: ' * any(one.done < one.planned for one in run.results)}{_verdict(run, sizes)}"


def warnings(run: EvalRun) -> tuple[str, ...]:
    """What speaks against the figures, what failed and what is not settled, what matters most first.

    Models of which the same is to be said share a line.
    """
    told: dict[tuple[int, str], list[str]] = {}
    for result in run.results:
        for rank, words in _warnings(result, run):
            told.setdefault((rank, words), []).append(result.target_id)
    marks = {_SLOW_CLIENT: "! ", _MISSED: "! "}
    return tuple(
        f"{marks.get(rank, '')}{named(names, NAMED)}: {words}"
        for (rank, words), names in sorted(told.items(), key=lambda one: one[0][0])
    )


def about(result: TargetResult) -> tuple[str, ...]:
    """What the plain rate of one model does not show: how it was counted, and how its answers came."""
    return (*[f"! {result.warning}"] * bool(result.warning), *_counted(result), *_paced(result))


def estimate_words(estimate: Estimate, cap_usd: Usd | None) -> str:
    """What a run will take, with its cap."""
    costs = "an unknown amount"
    if estimate.usd is not None:
        low, high = readable_usd(estimate.usd.low), readable_usd(estimate.usd.high)
        costs = "nothing" if estimate.usd.high == 0 else low if low == high else f"{low} to {high}"
    cap = "no cap" if cap_usd is None else f"cap {readable_usd(cap_usd)}"
    return f"{estimate.calls} calls, {estimate.cached} on record, costs {costs}, {cap}"


def rate(result: TargetResult) -> str:
    """Right of scored, the rate and its interval."""
    if result.score is None or result.interval is None:
        return "nothing scored"
    low, high = result.interval.low, result.interval.high
    counts = f"{readable_count(result.correct)} of {readable_count(result.scored)}"
    return f"{counts} right, {result.score:.3f} ({low:.3f} - {high:.3f})"


def verdict_words(result: TargetResult) -> str:
    """The verdict; a model that misses what must be right is marked."""
    return VERDICTS[result.verdict] + ", must-pass missed" * bool(result.must_pass_missed)


def seconds(value_s: float) -> str:
    """A time for a person: milliseconds below a second."""
    if value_s >= 1:
        return f"{value_s:.2f} s"
    return f"{1000 * value_s:.0f} ms" if value_s >= 0.01 else f"{1000 * value_s:.2g} ms"


def what_would_settle(result: TargetResult, threshold: float) -> str:
    """How many more examples an undecided model needs."""
    if not result.scored:
        return "no answer could be scored"
    more = more_to_decide(result.correct, result.scored, threshold)
    return f"about {readable_count(more)} more examples would settle it" if more else "its rate is the threshold itself"


def _verdict(run: EvalRun, sizes: Mapping[str, ModelSize]) -> str:
    if run.threshold is None:
        best = max((one for one in run.results if one.score is not None), key=lambda one: one.score or 0.0)
        return f"{best.target_id} scores highest: {rate(best)}. Nobody has said which score is enough."
    found = passing(run, sizes)
    if not found:
        return _nobody(run, run.threshold)
    first, *others = found
    why = f"{_first_why(first, others, sizes)}: {rate(first)}, {run.threshold:g} needed"
    too = (
        f"; {named(tuple(one.target_id for one in others), NAMED)} pass{'es' * (len(others) == 1)} too"
        if others
        else ""
    )
    return f"{first.target_id} {why}{too}."


def _passes(result: TargetResult) -> bool:
    return result.verdict is Verdict.PASSES and not result.must_pass_missed


def _first_why(first: TargetResult, others: list[TargetResult], sizes: Mapping[str, ModelSize]) -> str:
    usd, size = usd_per_answer(first), sizes.get(first.target_id)
    if not others:
        return "passes alone"
    if usd is not None and any(usd_per_answer(one) != usd for one in others):
        return f"is the cheapest that passes, at {readable_usd(usd)} an answer"
    if size is not None:
        return f"is the smallest that passes, at {size}"
    return "passes"


def _nobody(run: EvalRun, threshold: float) -> str:
    """Nobody passes: how many fail, and whom more examples would settle soonest."""
    fails = [one for one in run.results if one.verdict is Verdict.FAILS]
    missing = [one for one in run.results if one.verdict is Verdict.PASSES and one.must_pass_missed]
    undecided = [one for one in run.results if one.verdict is Verdict.NOT_ENOUGH_DATA and one.scored]
    unscored = [one.target_id for one in run.results if not one.scored]
    parts = [f"{named(tuple(one.target_id for one in fails), NAMED)} below it"] if fails else []
    parts += [f"{one.target_id} reaches it and misses what must be right" for one in missing]
    parts += [f"{one.target_id} not settled, {what_would_settle(one, threshold)}" for one in undecided]
    parts += [f"nothing scored of {named(unscored, NAMED)}"] if unscored else []
    return f"No model passes at {threshold:g}: {'; '.join(parts)}."


def failed_calls(result: TargetResult) -> Iterator[str]:
    """How many calls failed, by kind."""
    for kind, count in sorted(result.failures.items()):
        yield f"{readable_count(count)} of {readable_count(result.done)} calls failed ({kind})"


def unscored(result: TargetResult, metric: str) -> Iterator[str]:
    """How many answers the metric could not score."""
    count = result.done - sum(result.failures.values()) - result.scored
    if count > 0:
        yield f"{readable_count(count)} answers have no score by {metric}; they count neither way"


def missed(result: TargetResult) -> Iterator[str]:
    """Which examples must be right and are not."""
    if ids := result.must_pass_missed:
        yield f"{len(ids)} of {result.must_pass} that must be right are not: {named(ids, NAMED)}"


def refused(result: TargetResult) -> Iterator[str]:
    """The parameters that the server made us leave out."""
    if result.left_out:
        yield f"the server refuses {', '.join(result.left_out)}, which was left out"


def scoring_cost(result: TargetResult) -> Iterator[str]:
    """What the metrics' own calls cost."""
    if result.scoring_usd is not None:
        yield f"scoring cost {readable_usd(result.scoring_usd)} beside the answers"


def _warnings(result: TargetResult, run: EvalRun) -> Iterator[tuple[int, str]]:
    if result.warning:
        yield _SLOW_CLIENT, f"the latencies are doubtful, {result.warning.partition(':')[0]}"
    yield from ((_MISSED, words) for words in missed(result))
    yield from ((_FAILED, words) for words in failed_calls(result))
    yield from ((_UNSCORED, words) for words in unscored(result, run.primary_metric))
    if result.verdict is Verdict.NOT_ENOUGH_DATA and result.scored and run.threshold is not None:
        yield _OPEN, f"not settled; {what_would_settle(result, run.threshold)}"


def _counted(result: TargetResult) -> Iterator[str]:
    if len(result.mean_scores) > 1:
        yield "means: " + ", ".join(f"{name} {mean:.3f}" for name, mean in result.mean_scores.items())
    if result.weighted_score is not None:
        yield f"weighted score {result.weighted_score:.3f}"
    if result.clusters is not None:
        yield f"{result.clusters} independent groups, not {result.scored} answers, make the interval"
    yield from scoring_cost(result)
    yield from refused(result)


def _paced(result: TargetResult) -> Iterator[str]:
    for label, found in (("TTFT", result.ttft), ("TPOT", result.tpot)):
        if found is not None:
            yield f"{label} p50 {seconds(found.p50_s)}, p95 {seconds(found.p95_s)}"
    if result.from_cache:
        yield f"{result.from_cache} of {result.done} from the record"
    if result.retries:
        yield f"{result.retries} retries, {result.answered_at_once} answered at once"
    if (tokens := result.tokens_per_correct) is not None:
        yield f"{readable_count(round(tokens))} output tokens for one right answer"
    if (usd := usd_per_answer(result)) is not None:
        yield f"{readable_usd(1000 * usd)} per 1,000 answers"
