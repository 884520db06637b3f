"""The sentences that carry a decision, each with the source of its figure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from maquette.cost.projection import CostProjection
from maquette.decision.contenders import Contender, Limits
from maquette.decision.decision import Choice, Option, Reason
from maquette.decision.effect_values import SAME_SHARE
from maquette.decision.recommending import Recommendation
from maquette.decision.sentences import first_month, latency, score_verdict, total
from maquette.evals.run import EvalRun
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd


def reasons(
    subject: Contender | None,
    models: Sequence[Contender],
    recommendation: Recommendation,
    limits: Limits,
    *,
    run: EvalRun | None,
    projection: CostProjection | None,
    choice: Choice | None,
) -> tuple[Reason, ...]:
    """Why ``subject``, the choice or else the recommendation; empty when there is neither."""
    if subject is None:
        return ()
    found: list[Reason] = []
    if run is not None:
        measured = Source(kind=SourceKind.MEASURED, ref=f"run {run.id}", as_of=run.started_at.date())
        found += _measured(subject, limits, measured)
        found += _fallback(choice, models, limits, measured)
    if projection is not None:
        estimated = _estimated(projection)
        month = first_month(subject, limits)
        fits = month and not _over(subject, limits)
        found += [Reason(text=f"{subject.model} costs {month}", source=estimated)] if fits else []
        found += _cheapest(subject, models, recommendation, projection, estimated)
    return tuple(found)


def doubts(choice: Choice | None, options: Sequence[Option], budget_usd: Usd | None) -> tuple[str, ...]:
    """What is known that does not bear the reason of whoever decided, in words without figures.

    Args:
        choice: With the reason in the words of whoever decided.
        options: Side by side.
        budget_usd: A month; None without one.
    """
    chosen = next((one for one in options if choice is not None and one.model == choice.model), None)
    if chosen is None:
        return ()
    found = [] if chosen.result is not None and chosen.result.score is not None else ["nothing is measured of it"]
    month = _month(chosen)
    if month is None:
        return tuple(found)
    months = ((each, one.model) for one in options if (each := _month(one)) is not None)
    less = sorted((each, model) for each, model in months if month - each > SAME_SHARE * month)
    found += [f"{less[0][1]} costs less"] if less else []
    found += ["its first month passes the budget"] if budget_usd is not None and month > budget_usd else []
    return tuple(found)


def _month(option: Option) -> Usd | None:
    cost = option.cost
    return cost.first_month_usd.base if cost is not None and cost.first_month_usd is not None else None


def _over(subject: Contender, limits: Limits) -> bool:
    month, budget = subject.first_month_usd, limits.budget_usd_month
    return month is not None and budget is not None and month > budget


def _measured(subject: Contender, limits: Limits, source: Source) -> list[Reason]:
    if subject.result is None:
        return []
    found = [Reason(text=f"{subject.model}: {score_verdict(subject.result, limits.threshold)}", source=source)]
    speed = latency(subject, limits)
    return [*found, Reason(text=f"{subject.model}: {speed}", source=source)] if speed else found


def _fallback(choice: Choice | None, models: Iterable[Contender], limits: Limits, source: Source) -> list[Reason]:
    fallback = next((model for model in models if choice and model.model == choice.fallback), None)
    if fallback is None or fallback.result is None:
        return []
    return [
        Reason(text=f"fallback {fallback.model}: {score_verdict(fallback.result, limits.threshold)}", source=source)
    ]


def _cheapest(
    subject: Contender,
    models: Sequence[Contender],
    recommendation: Recommendation,
    projection: CostProjection,
    source: Source,
) -> list[Reason]:
    """The comparison with the next one that passes, or with the recommendation that was not chosen."""
    by_name = {model.model: model for model in models}
    if recommendation.model == subject.model:
        return [Reason(text=_rank(subject, by_name, recommendation.runners_up, projection), source=source)]
    if recommendation.model is None:
        return []
    cheaper = by_name[recommendation.model]
    costs = f"{total(cheaper, projection)} against {total(subject, projection)}"
    text = f"{cheaper.model} would be recommended instead: {costs}"
    return [Reason(text=text, source=source)]


def _rank(
    subject: Contender, by_name: Mapping[str, Contender], runners_up: Sequence[str], projection: CostProjection
) -> str:
    if not runners_up:
        return f"{subject.model} is the only model that passes within the limits"
    following = by_name[runners_up[0]]
    if subject.total_usd is None:
        return f"{subject.model} passes with the smallest weights; no model that passes has a price"
    return (
        f"{subject.model} is the cheapest that passes: {total(subject, projection)}, "
        f"the next is {following.model} with {total(following, projection)}"
    )


def _estimated(projection: CostProjection) -> Source:
    try:
        as_of = date.fromisoformat(projection.prices_as_of)
    except ValueError:
        as_of = None
    return Source(kind=SourceKind.ESTIMATED, ref=f"cost projection {projection.computed_from}", as_of=as_of)
