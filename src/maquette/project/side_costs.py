"""What a project's design pays beside its models: a view's answers, rules and run as the basis of the side lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from maquette.catalog.cards import ModelCard
from maquette.catalog.hardware import Accelerator
from maquette.catalog.services import Service
from maquette.cost.calendar import MONTHS_A_YEAR, Calendar, Currency, PriceChange, PriceTrend
from maquette.cost.design_split import ENCODER
from maquette.cost.inputs import CostInputs
from maquette.cost.options import CostOption
from maquette.cost.projection import ByCase
from maquette.cost.side.all import design_costs
from maquette.cost.side.basis import Asked, Price, SideBasis
from maquette.cost.side.encoder import CARD
from maquette.cost.side.migration import migration_costs
from maquette.cost.side.training import only_encoder
from maquette.cost.side_lines import SideCosts
from maquette.cost.side_settings import CostSettings, PriceTrendSetting
from maquette.decision.evidence import evidence_facts
from maquette.evals.run import EvalRun, TargetResult
from maquette.foundation.expression import Facts
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd
from maquette.project.bought_ahead import served_as, unused
from maquette.project.ensembles import said_ensemble
from maquette.rules.judging import judge

if TYPE_CHECKING:
    from datetime import date

    from maquette.project.view import View

SLOTS = frozenset({"knowledge", "retrieval", "guardrails", "adaptation_first", "adaptation_next", "subagents"})
"""The slots that decide which side lines a design has, and who answers what."""

SAID = Source(kind=SourceKind.REQUIRED, ref="cost in maquette.yaml")


def side_costs(view: "View") -> SideCosts:
    """What every option of the design pays beside its model."""
    return design_costs(view.side_basis)


def option_side_costs(view: "View", name: str, card: ModelCard) -> SideCosts:
    """What only the option of that name pays: moving away from a model that retires within the horizon."""
    return migration_costs(view.side_basis, _asked(name, card, view.current_run))


def with_facts(view: "View", inputs: CostInputs) -> CostInputs:
    """The inputs with the side costs and the machines that their facts bring, where those are not the view's."""
    facts = inputs.facts
    basis = replace(view.side_basis, facts=facts, defaulted=inputs.defaulted, slots=_slots(view, facts))
    cards, sized = view.cards_by_option, {one.name: one for one in view.cost_options_with(facts)}
    options = tuple(
        replace(
            served_as(one, sized[one.name]),
            encoder_first=only_encoder(basis),
            side=migration_costs(basis, _asked(one.name, cards[one.name], view.current_run)),
        )
        if one.name in cards
        else one
        for one in inputs.options
    )
    return replace(inputs, options=options, side=_design_costs(view, basis, options))


def _design_costs(view: "View", basis: SideBasis, options: Sequence[CostOption]) -> SideCosts:
    """What every option pays beside its model, and what is bought ahead without a use among the left out."""
    found = design_costs(basis)
    return replace(found, left_out=(*found.left_out, *unused(view.document.cost, options)))


def cost_inputs(view: "View") -> CostInputs:
    """What a view's projection is computed from.

    Raises:
        InvalidInput: A setting under ``cost:`` is out of range.
        NotFound: A model of ``cost.ensemble`` is not in the catalog.
    """
    settings = view.document.cost
    voting = said_ensemble(settings.ensemble, view.cost_options, view.catalog.cards)
    return CostInputs(
        facts=view.adoption.over(view.facts),
        options=(*view.cost_options, *voting),
        prices_as_of=view.catalog.prices_as_of,
        defaulted=view.side_basis.defaulted,
        side=_design_costs(view, view.side_basis, view.cost_options),
        calendar=calendar_of(settings, view.today),
        currency=currency_of(settings),
    )


def side_basis(view: "View", services: Sequence[Service], rented: Callable[[], Sequence[Accelerator]]) -> SideBasis:
    """What the side lines are made from.

    The rules are judged on the answers and on what was measured, without the projection, which side lines are a part
    of. A rule that needs a projected cost therefore adds no line.
    """
    facts = view.adoption.over(view.facts)
    slots = _slots(view, facts)
    encoder = slots.get("adaptation_first") == ENCODER
    return SideBasis(
        facts=facts,
        settings=view.document.cost,
        services=tuple(services),
        cards=view.catalog.cards,
        slots=slots,
        encoder_hour=_hour_of(CARD, rented()) if encoder else None,
        asked=tuple(_asked(name, card, view.current_run) for name, card in view.cards_by_option.items()),
        today=view.today,
        defaulted=frozenset(taken.question.id for taken in view.assumptions),
    )


def _hour_of(name: str, rented: Sequence[Accelerator]) -> Price | None:
    """What the cheapest machine with one such accelerator costs an hour, on demand."""
    found = next((one.cheapest() for one in rented if one.name == name), None)
    if found is None:
        return None
    offer = found.price
    return Price(usd=found.usd_per_hour, key=f"{offer.provider} {offer.instance}", source=offer.source)


def calendar_of(settings: CostSettings, today: "date") -> Calendar:
    """When the months are, and what changes with them; without a launch announced prices count from today's month.

    Raises:
        InvalidInput: A factor is out of range.
    """
    start = settings.launch or today
    changes = tuple(
        PriceChange(
            match=one.of,
            from_month=max(1, MONTHS_A_YEAR * (one.since.year - start.year) + one.since.month - start.month + 1),
            factor=1 + one.percent / 100,
            source=SAID,
        )
        for one in settings.price_changes
    )
    return Calendar(
        launch=settings.launch, season=settings.season, price_changes=changes, price_trend=_trend(settings.price_trend)
    )


def _trend(said: PriceTrendSetting | None) -> PriceTrend | None:
    if said is None:
        return None
    return PriceTrend(pct_year=ByCase(low=said.low, base=said.expected, high=said.high), source=SAID)


def currency_of(settings: CostSettings) -> Currency | None:
    """The currency that amounts are shown in beside dollars; None while nobody wants one."""
    said = settings.currency
    if said is None:
        return None
    return Currency(code=said.code, usd_per_unit=said.usd_per_unit, as_of=said.as_of, source=SAID)


def _slots(view: "View", facts: Facts) -> Mapping[str, object]:
    """What the rules propose, for the slots on which they agree."""
    choice = view.document.choice
    evidence = evidence_facts(
        view.current_run,
        None,
        view.cards_by_option.get(choice.model) if choice else None,
        today=view.today,
        prices_as_of=view.catalog.prices_as_of,
        name=choice.model if choice else None,
        cards=view.cards_by_option,
    )
    book = view.rule_book
    rules = {name: rule for name, rule in book.rules.items() if not SLOTS.isdisjoint(rule.proposes) or rule.overrides}
    known, plan = {**evidence, **facts}, view.adoption.plan
    report = judge(replace(book, rules=rules), known, said=view.document.rules, today=view.today, plan=plan)
    return {name: slot.value for name, slot in report.slots.items() if slot.value is not None}


def _asked(name: str, card: ModelCard, run: EvalRun | None) -> Asked:
    """A model with what an example cost in the run, answers from the record at what they cost when they were made."""
    result = run.result(name) if run is not None else None
    if run is None or result is None:
        return Asked(name=name, card=card)
    return Asked(
        name=name,
        card=card,
        usd_per_example=_usd_per_example(result),
        measured_in=run.id,
        scored_by_calls=bool(result.scoring_usd),
    )


def _usd_per_example(result: TargetResult) -> Usd | None:
    if result.spent_usd is None or not result.done:
        return None
    spent = result.spent_usd + (result.reused_usd or Usd(0)) + (result.scoring_usd or Usd(0))
    return spent / result.done
