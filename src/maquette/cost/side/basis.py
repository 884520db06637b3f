"""What the side lines are made from, and the draft in which lines, assumptions and gaps are gathered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from maquette.catalog.cards import ModelCard
from maquette.catalog.services import Service, ServiceKind, names_of, service_named, usual_service
from maquette.cost.projection import CASES, ByCase, CostAssumption
from maquette.cost.side_lines import LineGroup, SideCosts, SideLine
from maquette.cost.side_settings import CostSettings
from maquette.foundation.expression import Facts
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd, readable_count
from maquette.foundation.wording import listed

CHARACTERS_PER_TOK = Decimal(4)
"""Characters of a token of English text: learn.microsoft.com/azure/search/vector-search-how-to-chunk-documents."""

GB = Decimal(10) ** 9
GIB = Decimal(2) ** 30
NOTHING = ByCase(low=Decimal(0), base=Decimal(0), high=Decimal(0))
INPUT_PRICE, OUTPUT_PRICE = "input_cost_per_token", "output_cost_per_token"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A model that evaluations ask.

    Attributes:
        usd_per_example: What an example cost in the newest run, its scoring included; None where none is measured.
        measured_in: The run's id.
        scored_by_calls: Whether that holds what a judge's calls cost.
    """

    name: str
    card: ModelCard
    usd_per_example: Usd | None = None
    measured_in: str = ""
    scored_by_calls: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SideBasis:
    """Everything that side lines are made from.

    Attributes:
        facts: Answers, defaults, design facts, derived facts.
        defaulted: The facts that hold a question's default.
        encoder_hour: What an hour of a small accelerator costs, for the machines of a classifier.
        settings: What the user says under ``cost:``.
        services: Of the catalog, in its order.
        cards: The catalog's models by id.
        slots: What the rules propose, for the slots on which they agree.
        asked: The models that evaluations ask.
        today: Stands in for the day of the launch while nobody says it.
    """

    facts: Facts
    settings: CostSettings
    services: tuple[Service, ...]
    cards: Mapping[str, ModelCard]
    slots: Mapping[str, object]
    asked: tuple[Asked, ...]
    today: date
    defaulted: frozenset[str] = frozenset()
    encoder_hour: "Price | None" = None

    def number(self, fact: str) -> Decimal | None:
        """A fact as an exact number that is not negative; None where it is unknown or none."""
        value = self.facts.get(fact)
        if value is None or isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return None
        exact = Decimal(str(value))
        return exact if exact.is_finite() and exact >= 0 else None

    @property
    def data_stays(self) -> bool:
        """Whether no service outside may have the data: then none is taken for granted."""
        return self.facts.get("data.external_processing_allowed") is False

    def known(self, kind: ServiceKind) -> str:
        """The names of the catalog's services of a kind, in words."""
        return listed(names_of(self.services, kind)) or "the catalog has none"

    def service(self, kind: ServiceKind, named: str | None) -> Service | None:
        """The service of that name, or the usual one of its kind; None where there is none, or none may be taken."""
        if named is not None:
            return service_named(self.services, kind, named)
        if self.data_stays:
            return None
        cloud = self.facts.get("infra.cloud")
        return usual_service(self.services, kind, cloud if isinstance(cloud, str) else None)


class Draft:
    """Gathers the lines of one group with what is assumed for them and what is left out."""

    def __init__(self, group: LineGroup) -> None:
        self._group = group
        self._lines: list[SideLine] = []
        self._assumptions: list[CostAssumption] = []
        self._left_out: list[str] = []

    def line(
        self,
        name: str,
        *,
        unit: str,
        price: "Price",
        ref: str,
        fixed: ByCase = NOTHING,
        per_request: ByCase = NOTHING,
        months: tuple[int, int | None] = (1, None),
        group: LineGroup | None = None,
    ) -> None:
        """Note a line; one without any units is noted too, because somebody said zero."""
        self._lines.append(
            SideLine(
                name=name,
                group=group or self._group,
                unit=unit,
                usd_per_unit=price.usd,
                price_key=price.key,
                source=price.source,
                fixed=fixed,
                per_request=per_request,
                ref=ref,
                from_month=months[0],
                to_month=months[1],
            )
        )

    def assume(self, name: str, band: ByCase, ref: str) -> ByCase:
        """Note that a figure was taken for granted, and return it; what is below comes first."""
        low, high = min(band.low, band.high), max(band.low, band.high)
        self.say(name, readable_count(band.base), readable_count(low), readable_count(high), ref)
        return band

    def say(self, name: str, value: str, low: str, high: str, ref: str) -> None:
        """Note that something was taken for granted, in words."""
        source = Source(kind=SourceKind.ASSUMED, ref=ref)
        self._assumptions.append(CostAssumption(name=name, value=value, low=low, high=high, source=source))

    def settle(self, name: str, said: Decimal | int | None, band: ByCase, ref: str) -> ByCase:
        """What somebody said, in every case; or the band that stands in for it, noted."""
        return self.assume(name, band, ref) if said is None else level(Decimal(said))

    def leave_out(self, what: str) -> None:
        """Note what the design has and nobody can price yet."""
        self._left_out.append(what)

    def costs(self) -> SideCosts:
        """All that was gathered."""
        return SideCosts(lines=tuple(self._lines), assumptions=tuple(self._assumptions), left_out=tuple(self._left_out))


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """Dollars for one unit, the key under which they are found, and where they come from."""

    usd: Usd
    key: str
    source: Source


def card_price(card: ModelCard, key: str) -> Price | None:
    """A price of a card by the price map's key; None where it has none."""
    table = card.price
    if table is None or key not in table.usd_per_unit:
        return None
    return Price(usd=table.usd_per_unit[key], key=key, source=table.overridden.get(key, table.source))


def service_price(service: Service, key: str, usd: Usd) -> Price:
    """A price of a service, under the name of its field."""
    return Price(usd=usd, key=f"{service.id}.{key}", source=service.source)


def level(figure: Decimal) -> ByCase:
    """The same figure in every case."""
    return ByCase(low=figure, base=figure, high=figure)


def band(low: str, base: str, high: str) -> ByCase:
    """Three figures as text."""
    return ByCase(low=Decimal(low), base=Decimal(base), high=Decimal(high))


def combined(function: Callable[..., Decimal], *bands: ByCase) -> ByCase:
    """``function`` of the bands, case by case."""
    low, base, high = (function(*(one.of(case) for one in bands)) for case in CASES)
    return ByCase(low=low, base=base, high=high)


def product(*bands: ByCase) -> ByCase:
    """The bands multiplied, case by case."""
    result = level(Decimal(1))
    for one in bands:
        result = combined(lambda left, right: left * right, result, one)
    return result
