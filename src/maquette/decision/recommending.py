"""Which model to recommend: the cheapest whose evaluation passes within the limits, or exactly why there is none.

Measured figures decide, claims never do. A verdict is the whole interval against the threshold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maquette.decision.contenders import Contender, Limits, cheapest_first
from maquette.decision.sentences import examples_wanted, first_month, latency, score_verdict
from maquette.evals.run import Verdict
from maquette.foundation.units import readable_count


@dataclass(frozen=True, kw_only=True, slots=True)
class Recommendation:
    """A model and the others that would do, cheapest first; or why none can be recommended and what would help."""

    model: str | None
    runners_up: tuple[str, ...] = ()
    why_none: str | None = None


def recommend(candidates: Sequence[Contender], limits: Limits) -> Recommendation:
    """The cheapest of ``candidates`` that passes; unpriced ones come last, the smaller weights first."""
    fit = [contender.model for contender in sorted(candidates, key=cheapest_first) if not shortfalls(contender, limits)]
    if fit:
        return Recommendation(model=fit[0], runners_up=tuple(fit[1:]))
    return Recommendation(model=None, why_none=_why_none(candidates, limits))


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortfall:
    """One reason against recommending a model, and what would help in general."""

    text: str
    remedy: str


def shortfalls(contender: Contender, limits: Limits) -> tuple[Shortfall, ...]:
    """Everything that stands against recommending ``contender``; an unknown limit is met."""
    found = [_in_quality(contender, limits)]
    if contender.p95_s is not None and limits.p95_s is not None and contender.p95_s > limits.p95_s:
        text = latency(contender, limits) or ""
        found.append(Shortfall(text=text, remedy="shorten its answers, or raise latency.p95_ms"))
    month, budget = contender.first_month_usd, limits.budget_usd_month
    if month is not None and budget is not None and month > budget:
        text = first_month(contender, limits) or ""
        found.append(Shortfall(text=text, remedy="shorten prompts and answers, or raise budget.monthly_usd"))
    return tuple(shortfall for shortfall in found if shortfall is not None)


def _in_quality(contender: Contender, limits: Limits) -> Shortfall | None:
    result = contender.result
    if result is None:
        return Shortfall(text="not evaluated", remedy="evaluate the models that are not")
    if not contender.measured:
        done = f"{readable_count(result.done)} of {readable_count(result.planned)} examples asked"
        text = done if result.done < result.planned else f"{done}, and no answer could be scored"
        return Shortfall(text=text, remedy="finish the evaluation")
    if limits.threshold is None:
        return Shortfall(text=score_verdict(result, None), remedy="say which score is enough: answer quality.threshold")
    match result.verdict:
        case Verdict.PASSES:
            return None
        case Verdict.FAILS:
            remedy = "improve the prompt, or evaluate a stronger model of the shortlist"
            return Shortfall(text=score_verdict(result, limits.threshold), remedy=remedy)
    wanted = examples_wanted(result, limits.threshold)
    text = score_verdict(result, limits.threshold) + (f"; {wanted}" if wanted else "")
    return Shortfall(text=text, remedy="evaluate on more examples")


def _why_none(candidates: Sequence[Contender], limits: Limits) -> str:
    if not any(contender.result for contender in candidates):
        return "Nothing has been evaluated. Evaluate the chosen models on your own examples."
    against = [(contender, shortfalls(contender, limits)) for contender in candidates]
    models = " ".join(f"{contender.model}: {'; '.join(s.text for s in short)}." for contender, short in against)
    remedies = _distinct(shortfall.remedy for _, short in against for shortfall in short)
    helps = "; ".join(remedies)
    return f"No model passes within the limits. {models} What would help: {helps}."


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
