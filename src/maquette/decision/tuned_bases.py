"""Which bases a tuned model could be made from today, where rules or the design ask for one, and who tunes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from maquette.catalog.cards import Mode, ModelCard
from maquette.catalog.shortlist import Shortlist
from maquette.catalog.tuning import Tunable, TuningStatement, tunable, tunable_today
from maquette.decision.contenders import cards_of
from maquette.foundation.expression import Facts
from maquette.rules.report import RuleReport, Status

MID_TIER = "R-SELECT-04"
"""The rule that asks for the mid tier, fine-tuned where its maker offers that today."""

_ROLE, _OWN = "balanced", "self_host"
_LASTS_DAYS = 365
"""A path that closes sooner is none to build on (rule R-ADAPT-09)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TunedBase:
    """A model that can be fine-tuned today.

    Attributes:
        fits: Whether it meets the requirements.
        lasts: Whether it can still be tuned in a year, as far as anybody says.
    """

    model: str
    tunable: Tunable
    fits: bool
    lasts: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedTuning:
    """A model that nobody tunes today."""

    model: str
    tunable: Tunable

    @property
    def words(self) -> str:
        """For a person, with the page that says so."""
        until, page = self.tunable.until, self.tunable.source
        over = f" since {until.isoformat()}" if until is not None else ""
        read = f" ({page.ref}, {page.as_of.isoformat()})" if page is not None and page.as_of is not None else ""
        return f"{self.model}: {self.tunable.host} offers no fine-tuning of it{over}{read}"


@dataclass(frozen=True, kw_only=True, slots=True)
class TunedBases:
    """What a design with a tuned model can be built on.

    Attributes:
        taken: The base to begin with; None where nothing that can be tuned fits.
        bases: All that can be tuned today: those that fit and last first.
        refused: Models of the tier, or of the design, that nobody tunes.
    """

    taken: TunedBase | None
    bases: tuple[TunedBase, ...]
    refused: tuple[RefusedTuning, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """The refused ones in words."""
        return tuple(one.words for one in self.refused)

    @property
    def words(self) -> str:
        """For a person, a line."""
        if self.taken is None:
            return "Tuned base: nothing that can be fine-tuned today fits; retrieval first"
        until = self.taken.tunable.until
        last = f", until {until.isoformat()}" if until is not None else ""
        return f"Tuned base: {self.taken.model} at {self.taken.tunable.host}{last}"


def asks_for_tuning(report: RuleReport, facts: Facts) -> bool:
    """Whether a rule proposes a tuned model, or the design under review has one."""
    finding = report.finding(MID_TIER)
    fired = finding is not None and finding.status is Status.FIRED and finding.counts
    return fired or facts.get("design.adaptation") == "fine_tune"


def tuned_bases(
    statements: Sequence[TuningStatement],
    shortlist: Shortlist,
    roles: Mapping[str, Sequence[str]],
    subject: str | None,
    today: date,
) -> TunedBases:
    """The bases, hosted ones first and then the catalog's open weights.

    Args:
        statements: What providers state of fine-tuning.
        shortlist: Who fits.
        roles: The catalog's models of each role.
        subject: The chosen or recommended model.
        today: What ended before is no base.
    """
    cards = {name: card for name, card in cards_of(shortlist).items() if card.mode is Mode.CHAT}
    hosted = [_base(card, found, shortlist, today) for card, found in tunable_today(cards, statements, today)]
    own = [
        _base(cards[name], found, shortlist, today)
        for name in roles.get(_OWN, ())
        if name in cards and (found := tunable(cards[name], (), today)) is not None
    ]
    bases = sorted([*hosted, *own], key=lambda one: (not one.fits, not one.lasts))
    asked = [name for name in dict.fromkeys([subject or "", *roles.get(_ROLE, ())]) if name in cards]
    return TunedBases(
        taken=next((one for one in bases if one.fits and one.lasts), None),
        bases=tuple(bases),
        refused=tuple(_refused([cards[name] for name in asked], statements, today)),
    )


def _base(card: ModelCard, found: Tunable, shortlist: Shortlist, today: date) -> TunedBase:
    lasts = found.until is None or (found.until - today).days >= _LASTS_DAYS
    return TunedBase(model=card.id, tunable=found, fits=shortlist.candidate(card.id) is not None, lasts=lasts)


def _refused(cards: Sequence[ModelCard], statements: Sequence[TuningStatement], today: date) -> Iterator[RefusedTuning]:
    for card in cards:
        found = tunable(card, statements, today)
        if found is not None and not found.answer:
            yield RefusedTuning(model=card.id, tunable=found)
