"""The lever table of a project: the projection computed again with each lever, alone and in a row.

Which levers there are, their order and their priors are in `maquette.cost.levers`; here each one becomes a change of
what the projection is computed from, or says which fact is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from maquette.catalog.traffic import days_per_month
from maquette.cost.levers import Lever, LeverKind, LeverTable, State, Step, row_of
from maquette.foundation.problems import InvalidInput, NotFound, Place
from maquette.foundation.units import Usd
from maquette.foundation.wording import listed
from maquette.project.costing import option_to_check
from maquette.project.lever_bench import Bench, Proposal, Setting
from maquette.project.lever_proposals import PROPOSE
from maquette.requirements.questions import QuestionBook

if TYPE_CHECKING:
    from maquette.project.view import View


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a person says about the levers.

    Attributes:
        option: Whose month; the one decided for, or the cheapest, when None.
        smaller: The model of the smaller tier, the cascade and the router; found when None.
        taken: Lever to what it is taken to do, in place of a fact: tokens for prefix-cache, output-cap and
            instruction-tuning, a share of the requests for batch, cascade (escalated), routing (easy) and the caches,
            of the tokens for compression (taken out) and preprocessing (handed on).
    """

    option: str | None = None
    smaller: str | None = None
    taken: Mapping[LeverKind, Decimal]


def lever_table(view: "View", book: QuestionBook, wanted: Wanted) -> LeverTable:
    """Each lever on the first month of an option.

    Raises:
        NotFound: There is no such option or model, or the option has no price.
        InvalidInput: What is said about a lever makes no sense.
    """
    _refuse_senseless(wanted.taken)
    name = option_to_check(view, wanted.option)
    if wanted.taken or wanted.smaller is not None:
        return _table(view, book, replace(wanted, option=name))
    runs = tuple((run.run_id, run.state) for run in view.manifests)
    key = ("lever table", view.cost_basis, view.document.requirements.fingerprint, name, runs)
    return view.once(key, lambda: _table(view, book, replace(wanted, option=name)))


def _table(view: "View", book: QuestionBook, wanted: Wanted) -> LeverTable:
    bench = Bench(view=view, book=book, name=option_to_check(view, wanted.option), smaller=wanted.smaller)
    today, reasons = bench.month(bench.today)
    if today is None:
        raise NotFound(f"{bench.name} is unpriced", fix=f"{'; '.join(reasons)}.")
    proposals = {kind: PROPOSE[kind](bench, wanted.taken.get(kind)) for kind in LeverKind}
    levers = tuple(_lever(bench, kind, found, today) for kind, found in proposals.items())
    return LeverTable(
        option=bench.name,
        today_usd=today,
        requests_month=_requests(view),
        budget_usd_month=view.projection.budget_usd_month,
        levers=levers,
        steps=_steps(bench, levers, proposals, today),
        baseline=f"month 1 of {bench.name}, projected at prices of {view.projection.prices_as_of}",
    )


def _refuse_senseless(taken: Mapping[LeverKind, Decimal]) -> None:
    for kind, value in taken.items():
        counts = kind in {LeverKind.PREFIX_CACHE, LeverKind.OUTPUT_CAP, LeverKind.INSTRUCTION_TUNING}
        place = Place(field=f"--take {kind}")
        if kind is LeverKind.SMALLER_TIER:
            raise InvalidInput("the smaller tier is a model", place=place, fix="Name it: --smaller MODEL.")
        if counts and (not value.is_finite() or value < 1):
            raise InvalidInput(f"{value} tokens", place=place, fix="Give tokens, from 1.")
        if not counts and (not value.is_finite() or not 0 <= value <= 1):
            raise InvalidInput(f"a share of {value}", place=place, fix="Give a fraction from 0 to 1.")


def _lever(bench: Bench, kind: LeverKind, found: Lever | Proposal, today: Usd) -> Lever:
    """The lever that a proposal makes, alone; one that is none stands as it is."""
    if isinstance(found, Lever):
        return found
    with_it, reasons = bench.month(found.apply(bench.today))
    if with_it is None:
        return Lever(kind=kind, state="not computable", missing=reasons, conflicts=found.conflicts)
    state: State = "no saving" if with_it >= today else found.state or "possible"
    return Lever(
        kind=kind,
        state=state,
        before_usd=today,
        after_usd=with_it,
        change=found.change,
        basis=found.basis,
        rests_on=found.rests_on,
        conflicts=found.conflicts,
        option=found.option,
        metric_before=found.metric_before,
        metric_after=found.metric_after,
        stages=found.stages,
    )


def _steps(
    bench: Bench, levers: tuple[Lever, ...], proposals: Mapping[LeverKind, Lever | Proposal], today: Usd
) -> tuple[Step, ...]:
    """One possible lever after the other, each on top of those before; what is dearer there is left out."""
    setting: Setting = bench.today
    month = today
    steps: list[Step] = []
    for lever, left_out in row_of(levers):
        proposal = proposals[lever.kind]
        if not isinstance(proposal, Proposal):
            continue
        tried = proposal.apply(setting)
        after, _ = (None, ()) if left_out else bench.month(tried)
        why = left_out or ("" if after is not None and after < month else "saves nothing beside the earlier ones")
        if after is None or why:
            steps.append(Step(kind=lever.kind, before_usd=month, after_usd=month, skipped=why))
            continue
        steps.append(Step(kind=lever.kind, before_usd=month, after_usd=after))
        setting, month = tried, after
    return tuple(steps)


def _requests(view: "View") -> Decimal:
    daily = view.facts.get("scale.requests_per_day")
    if isinstance(daily, bool) or not isinstance(daily, int | float | Decimal):
        return Decimal(0)
    return Decimal(str(daily)) * days_per_month(view.facts)


def lever_named(text: str) -> LeverKind:
    """The lever of that name.

    Raises:
        InvalidInput: There is none.
    """
    try:
        return LeverKind(text.strip())
    except ValueError:
        fix = f"There are {listed(kind.value for kind in LeverKind)}."
        raise InvalidInput(f"{text!r} is no lever", place=Place(field="--take"), fix=fix) from None
