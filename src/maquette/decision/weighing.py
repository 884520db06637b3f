"""Weighs everything that the earlier stages found into one decision: options, recommendation, reasons, what is open.

The user's choice is never changed; it stands beside the recommendation. Sentences are put together here from figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from maquette.catalog.cards import ModelCard
from maquette.catalog.shortlist import Shortlist
from maquette.cost.projection import CostProjection
from maquette.decision.adapting import adaptation
from maquette.decision.asking import open_questions
from maquette.decision.blocking import accepted_risks, blocking
from maquette.decision.contenders import Contender, Limits, cards_of, cheapest_first, contenders, limits_from
from maquette.decision.decision import Choice, Decision, Option
from maquette.decision.deviating import deviations
from maquette.decision.experimenting import experiments
from maquette.decision.flips import flips
from maquette.decision.reasons import reasons
from maquette.decision.recommending import recommend, shortfalls
from maquette.decision.refusing import Uptime, refusals
from maquette.decision.roles_today import roles_today
from maquette.decision.sentences import first_month, latency, score_verdict
from maquette.decision.swinging import CostSwing
from maquette.evals.run import EvalRun, Verdict
from maquette.foundation.expression import Facts
from maquette.foundation.lineage import fingerprint
from maquette.foundation.units import readable_count, readable_usd
from maquette.requirements.answers import Requirements
from maquette.requirements.questions import QuestionBook
from maquette.rules.report import RuleReport


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """What helps to weigh and decides nothing by itself.

    Attributes:
        uptimes: What providers promise.
        swings: What unknown facts do to the first month.
        roles: The catalog's models of each role.
    """

    uptimes: Mapping[str, Uptime] | None = None
    swings: tuple[CostSwing, ...] = ()
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)


NOTHING_BESIDE = Beside()


def weigh(  # noqa: PLR0913 - the whole input of the stage, one value of each earlier stage
    *,
    requirements: Requirements,
    questions: QuestionBook,
    facts: Facts,
    run: EvalRun | None,
    projection: CostProjection | None,
    report: RuleReport,
    shortlist: Shortlist,
    choice: Choice | None,
    today: date,
    beside: Beside = NOTHING_BESIDE,
) -> Decision:
    """The decision as it stands, over one value of each earlier stage; ``choice`` stands whatever is recommended.

    ``facts`` is what ``report`` was judged over. Of ``requirements`` only the fingerprint counts.
    """
    limits = limits_from(facts)
    models = contenders(run, projection, cards_of(shortlist))
    recommendation = recommend(models, limits)
    subject, others = _apart(models, choice.model if choice else recommendation.model)
    return Decision(
        choice=choice,
        recommended=recommendation.model,
        no_recommendation=recommendation.why_none,
        options=tuple(_option(model, limits, shortlist, today) for model in models),
        reasons=reasons(subject, models, recommendation, limits, run=run, projection=projection, choice=choice),
        flips=flips(subject, others, limits, projection) if subject else (),
        open_questions=open_questions(report, questions, facts, swings=beside.swings),
        cost_swings=beside.swings,
        adaptation=adaptation(report),
        roles=roles_today(report, beside.roles, shortlist),
        blocking=blocking(report),
        rules=report,
        computed_from=_basis(requirements, run, projection, report),
        refusals=refusals(report, facts, shortlist, _in_question(choice, models), run=run, uptimes=beside.uptimes),
        experiments=experiments(models, limits, report),
        deviations=deviations(report, facts, choice.model if choice else None),
        accepted_risks=accepted_risks(report),
    )


def _apart(models: Sequence[Contender], name: str | None) -> tuple[Contender | None, list[Contender]]:
    """The model of that name, and the others, cheapest first."""
    subject = next((model for model in models if model.model == name), None)
    return subject, sorted((model for model in models if model is not subject), key=cheapest_first)


def _in_question(choice: Choice | None, models: Iterable[Contender]) -> list[ModelCard]:
    """The cards of the decided models, or of all that are compared while nothing is decided."""
    decided = {choice.model, choice.fallback} if choice else None
    return [one.card for one in models if one.card is not None and (decided is None or one.model in decided)]


def _basis(
    requirements: Requirements, run: EvalRun | None, projection: CostProjection | None, report: RuleReport
) -> str:
    """Over requirements, run, projection and rule base, and not over the choice: choosing makes nothing stale."""
    return fingerprint(
        requirements.fingerprint,
        (run.id, run.computed_from) if run else None,
        projection.computed_from if projection else None,
        report.as_of,
    )


def _option(contender: Contender, limits: Limits, shortlist: Shortlist, today: date) -> Option:
    against = [shortfall.text for shortfall in shortfalls(contender, limits)]
    against += _present(_failures(contender), _growth(contender, limits), _unpriced(contender))
    against += _from_catalog(contender, shortlist, today)
    in_favour = _present(_passing(contender, limits), latency(contender, limits), first_month(contender, limits))
    return Option(
        model=contender.model,
        result=contender.result,
        cost=contender.cost,
        for_it=tuple(text for text in in_favour if text not in against),
        against_it=tuple(against),
    )


def _present(*texts: str | None) -> list[str]:
    return [text for text in texts if text is not None]


def _passing(contender: Contender, limits: Limits) -> str | None:
    result = contender.result
    if result is None or not contender.measured or result.verdict is not Verdict.PASSES:
        return None
    return score_verdict(result, limits.threshold)


def _failures(contender: Contender) -> str | None:
    result = contender.result
    failures: Iterable[tuple[str, int]] = sorted(result.failures.items()) if result else ()
    kinds = [f"{readable_count(count)} {kind}" for kind, count in failures if count]
    if result is None or not kinds:
        return None
    failed = sum(result.failures.values())
    return f"{readable_count(failed)} of {readable_count(result.done)} calls failed ({', '.join(kinds)})"


def _growth(contender: Contender, limits: Limits) -> str | None:
    month = contender.cost.over_budget_from if contender.cost else None
    if month is None or month == 1 or limits.budget_usd_month is None:
        return None
    return f"passes the budget of {readable_usd(limits.budget_usd_month)} in month {month}"


def _unpriced(contender: Contender) -> str | None:
    cost = contender.cost
    return f"unpriced: {', '.join(cost.unpriced)}" if cost and cost.unpriced else None


def _from_catalog(contender: Contender, shortlist: Shortlist, today: date) -> list[str]:
    """Retirement, the shortlist's verdict, and its cautions (retirement is told once)."""
    found: list[str] = []
    retires_on = contender.card.retires_on if contender.card else None
    if retires_on is not None:
        found.append(f"retires on {retires_on.isoformat()}, in {readable_count((retires_on - today).days)} days")
    exclusion = shortlist.exclusion(contender.model)
    if exclusion is not None:
        found.append(f"excluded from the shortlist by {exclusion.filter}: {exclusion.detail}")
    candidate = shortlist.candidate(contender.model)
    if candidate is not None:
        found += [f"unverified: {text}" for text in candidate.unverified]
        told = retires_on.isoformat() if retires_on else None
        found += [caution for caution in candidate.cautions if told is None or told not in caution]
    return found
