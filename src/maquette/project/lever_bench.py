"""Where levers are tried: the projection's inputs with answers, design facts or the model changed; nothing is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from maquette.cost.inputs import CostInputs
from maquette.cost.levers import Basis, State
from maquette.cost.options import CostOption
from maquette.evals.run import Verdict
from maquette.foundation.expression import Facts, FactValue
from maquette.foundation.problems import NotFound
from maquette.foundation.units import Usd
from maquette.foundation.wording import shown, suggestion
from maquette.project.cost_options import option_of
from maquette.project.costing import what_if
from maquette.requirements.questions import QuestionBook

if TYPE_CHECKING:
    from maquette.project.view import View


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What one projection is computed with.

    Attributes:
        answers: Question to the answer tried, as a person types it.
        design: Design facts that are set, which no question asks for.
        option: What answers.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    design: Mapping[str, FactValue] = field(default_factory=dict)
    option: CostOption


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A lever that can be tried.

    Attributes:
        apply: The setting with it, on top of what was changed before.
        change, basis, rests_on, conflicts, option: As of `maquette.cost.levers.Lever`.
        state: Given where the lever is not just possible.
        metric_before, metric_after, stages: As of `maquette.cost.levers.Lever`.
    """

    apply: Callable[[Setting], Setting]
    change: str
    basis: Basis
    rests_on: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    option: str | None = None
    state: State | None = None
    metric_before: str = ""
    metric_after: str = ""
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Smaller:
    """A cheaper model than the option's.

    Attributes:
        passes: Whether its evaluation holds the quality gate; None where it was not evaluated or nothing is sure.
        known: What is known of its quality, in words.
    """

    option: CostOption
    month_usd: Usd
    passes: bool | None
    known: str


class Bench:
    """A project's projection of one option, to be computed again with changes.

    Args:
        view: The project.
        book: Its questions.
        name: The option; one of the project's.
        smaller: The model that a person names for the smaller tier; None finds one.
    """

    def __init__(self, *, view: "View", book: QuestionBook, name: str, smaller: str | None) -> None:
        self.view, self.book, self.name, self._named = view, book, name, smaller
        self.own = next(option for option in view.cost_options if option.name == name)
        self.today = Setting(option=self.own)

    @property
    def facts(self) -> Facts:
        """What is known of the project."""
        return self.view.adoption.over(self.view.facts)

    def is_answered(self, fact: str) -> bool:
        """Whether somebody answered it; a question's default is no answer."""
        return fact in self.facts and fact not in self.view.cost_inputs.defaulted

    def inputs(self, setting: Setting) -> CostInputs:
        """What the projection of the setting's option is computed from."""
        inputs = self.view.cost_inputs
        if setting.answers:
            inputs = what_if(self.view, self.book, setting.answers).inputs
        return replace(inputs, facts={**inputs.facts, **setting.design}, options=(setting.option,))

    def month(self, setting: Setting) -> tuple[Usd | None, tuple[str, ...]]:
        """The first month, base case; None and the reasons where it cannot be priced."""
        (cost,) = self.inputs(setting).projection().options
        return (None, cost.unpriced) if cost.first_month_usd is None else (cost.first_month_usd.base, ())

    def said(self, part: str) -> str | None:
        """What the projection of today's setting assumes in the assumption whose name has ``part``; None without it."""
        found = self.inputs(self.today).projection().assumptions
        return next((str(one.source.ref) for one in found if part in one.name), None)

    @cached_property
    def smaller(self) -> "Smaller | None":
        """The cheaper model to hold against: the one named, else one of the project's options, else of the shortlist.

        Of the options the cheapest whose evaluation passes, else the cheapest that does not fail, else the cheapest.
        Of the shortlist the cheapest of the same provider.

        Raises:
            NotFound: The one named is neither an option nor in the catalog.
        """
        if self._named is not None:
            return self._priced(self._option_named(self._named))
        today, _ = self.month(self.today)
        others = [option for option in self.view.cost_options if option.name != self.name]
        found = [one for option in others if (one := self._priced(option)) and today and one.month_usd < today]
        ranked = sorted(found, key=lambda one: (_rank(one), one.month_usd))
        if ranked:
            return ranked[0]
        beside = (self._priced(option) for option in self._of_shortlist())
        cheaper = [one for one in beside if one is not None and today is not None and one.month_usd < today]
        return min(cheaper, key=lambda one: one.month_usd, default=None)

    def _option_named(self, name: str) -> CostOption:
        for option in self.view.cost_options:
            if option.name == name:
                return option
        cards = self.view.catalog.cards
        if name not in cards:
            fix = suggestion(name, list(cards)) or "maquette shortlist shows the models."
            raise NotFound(f"{shown(name)} is not in the catalog", fix=fix)
        return self._beside(name)

    def _of_shortlist(self) -> list[CostOption]:
        """Models that meet the requirements, of the option's own provider, with a price and not among the options."""
        there = {option.card.id for option in self.view.cost_options}
        return [
            self._beside(one.card.id)
            for one in self.view.shortlist.candidates
            if one.card.provider == self.own.card.provider
            and one.card.price is not None
            and one.card.id not in there
            and not one.unverified
        ]

    def _beside(self, card_id: str) -> CostOption:
        """A model that is no option of the project, at its price."""
        found = option_of(card_id, self.view.catalog.cards[card_id], run=None, host=None, sized=None)
        return replace(found, encoder_first=self.own.encoder_first)

    def _priced(self, option: CostOption) -> "Smaller | None":
        month, _ = self.month(Setting(option=option))
        if month is None:
            return None
        run = self.view.current_run
        result = run.result(option.name) if run else None
        verdicts = {Verdict.PASSES: True, Verdict.FAILS: False}
        passes = None if result is None else verdicts.get(result.verdict)
        known = f"{option.name} was not evaluated: what it answers is not known to be good enough"
        if result is not None and result.score is not None:
            known = f"{option.name} measured {result.score:.3g} ({result.verdict.value.replace('_', ' ')})"
        return Smaller(option=option, month_usd=month, passes=passes, known=known)


def _rank(one: Smaller) -> int:
    return {True: 0, None: 1, False: 2}[one.passes]
