"""Weighs everything that the earlier stages found into one decision: options, recommendation, reasons, what is open.

The user's choice is never changed; it stands beside the recommendation. Sentences are put together here from figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from maquette.capacity.sizing import Sized
from maquette.catalog.cards import ModelCard
from maquette.catalog.shortlist import Shortlist
from maquette.catalog.tuning import TuningStatement
from maquette.cost.levers import LeverTable
from maquette.cost.projection import CostProjection
from maquette.decision.adapting import adaptation
from maquette.decision.asking import needless, open_questions
from maquette.decision.blocking import accepted_risks, blocking
from maquette.decision.contenders import Contender, Limits, cards_of, cheapest_first, contenders, limits_from
from maquette.decision.decision import Choice, Decision, OpenQuestion, Option
from maquette.decision.deviating import deviations
from maquette.decision.effect_values import Known, Paired
from maquette.decision.effects import against_others, effects
from maquette.decision.experimenting import experiments
from maquette.decision.flips import flips
from maquette.decision.laddering import Ladder
from maquette.decision.lock_in import lock_in
from maquette.decision.precedence import FactConflict
from maquette.decision.reasons import doubts, reasons
from maquette.decision.recommending import recommend, shortfalls
from maquette.decision.refusing import Uptime, refusals
from maquette.decision.roles_today import roles_today
from maquette.decision.sentences import first_month, latency, score_verdict
from maquette.decision.swinging import CostSwing
from maquette.decision.tuned_bases import tuned_bases
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
        conflicts: Facts that are stated and known otherwise.
        ladder: The steps of an adaptation that were measured.
        tuning: What providers state of fine-tuning; empty where no tuned model is asked for.
        levers: On the first month of the option in question.
        paired: Evaluated models on the same examples.
        served: Model to how it would be served.
    """

    uptimes: Mapping[str, Uptime] | None = None
    swings: tuple[CostSwing, ...] = ()
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    conflicts: tuple[FactConflict, ...] = ()
    ladder: Ladder | None = None
    tuning: Sequence[TuningStatement] = ()
    levers: LeverTable | None = None
    paired: Sequence[Paired] = ()
    served: Mapping[str, Sized] = field(default_factory=dict)


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

    ``facts`` is what ``report`` was judged over. Of ``requirements`` the fingerprint and the stated facts count.
    """
    limits = limits_from(facts)
    models = contenders(run, projection, cards_of(shortlist))
    recommendation = recommend(models, limits)
    name = choice.model if choice else recommendation.model
    subject, others = _apart(models, name)
    decision = Decision(
        choice=choice,
        recommended=recommendation.model,
        no_recommendation=recommendation.why_none,
        options=tuple(_option(model, limits, shortlist, today) for model in models),
        reasons=reasons(subject, models, recommendation, limits, run=run, projection=projection, choice=choice),
        flips=flips(subject, others, limits, projection) if subject else (),
        open_questions=_asked(subject, choice, report, questions, facts, beside.swings),
        blocking=blocking(report),
        rules=report,
        computed_from=_basis(requirements, run, projection, report),
        refusals=refusals(report, facts, shortlist, _in_question(choice, models), run=run, uptimes=beside.uptimes),
        experiments=experiments(models, limits, report, beside.ladder),
        deviations=deviations(report, facts, choice.model if choice else None),
        lock_in=lock_in(facts, report, shortlist, subject.card if subject else None, today=today),
    )
    known = _known(requirements, choice, name, facts, run, projection, models, beside)
    return _with_what_helps(decision, known, shortlist, beside, today)


def _asked(
    subject: Contender | None,
    choice: Choice | None,
    report: RuleReport,
    questions: QuestionBook,
    facts: Facts,
    swings: Sequence[CostSwing],
) -> tuple[OpenQuestion, ...]:
    """The open questions, without those that nobody has to answer."""
    priced = subject is not None and subject.first_month_usd is not None
    without = needless(report, facts, priced=priced, chosen=choice is not None)
    return open_questions(report, questions, facts, swings=swings, without=without)


def _with_what_helps(decision: Decision, known: Known, shortlist: Shortlist, beside: Beside, today: date) -> Decision:
    """The decision with what helps to weigh it and decides nothing by itself."""
    tuning = beside.tuning
    return replace(
        decision,
        accepted_risks=accepted_risks(decision.rules),
        doubts=doubts(decision.choice, decision.options, limits_from(known.facts).budget_usd_month),
        tuned=tuned_bases(tuning, shortlist, beside.roles, known.model, today) if tuning else None,
        cost_swings=beside.swings,
        adaptation=adaptation(decision.rules),
        ladder=beside.ladder,
        roles=roles_today(decision.rules, beside.roles, shortlist),
        conflicts=beside.conflicts,
        effects=effects(decision.rules, known),
        beside_others=against_others([one.model for one in decision.options], known),
    )


def _known(
    requirements: Requirements,
    choice: Choice | None,
    name: str | None,
    facts: Facts,
    run: EvalRun | None,
    projection: CostProjection | None,
    models: Sequence[Contender],
    beside: Beside,
) -> Known:
    """The figures that effects are told with."""
    return Known(
        model=name,
        fallback=choice.fallback if choice else None,
        facts=facts,
        stated=frozenset(requirements.design_facts),
        projection=projection,
        levers=beside.levers,
        run=run,
        paired=beside.paired,
        cards={one.model: one.card for one in models if one.card is not None},
        uptimes=beside.uptimes or {},
        served=beside.served,
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
