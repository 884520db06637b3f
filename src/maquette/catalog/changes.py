"""What differs between two catalogs: models that came and went, prices, limits, retirements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal

from maquette.catalog.cards import Catalog, ModelCard
from maquette.catalog.price_keys import per_token

_MILLION = 1_000_000
_READABLE = Context(prec=9)
_LIMITS = ("context_tok", "max_output_tok")


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceChange:
    """One price of one model, USD for one unit; None where the catalog has none."""

    model: str
    key: str
    old: Decimal | None
    new: Decimal | None

    @property
    def ratio(self) -> Decimal | None:
        """New over old; None where one of them is missing or the old one is nothing."""
        return None if self.new is None or not self.old else self.new / self.old

    @property
    def factor(self) -> Decimal:
        """By how much the price differs, up or down; 1 where there is no ratio."""
        return max(self.ratio, 1 / self.ratio) if self.ratio else Decimal(1)

    @property
    def unit(self) -> str:
        """What `readable` counts in."""
        return "USD/Mtok" if per_token(self.key) else "USD each"

    def readable(self, price: Decimal | None) -> str:
        """A price for a person, for a million tokens where it is by the token; empty when there is none."""
        if price is None:
            return ""
        shown = price * _MILLION if per_token(self.key) else price
        return f"{_READABLE.create_decimal(shown).normalize():f}"


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitChange:
    """A context or a longest answer that differs, in tokens; None where it is unknown."""

    model: str
    field: str
    old: int | None
    new: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Retirement:
    """A last day that was not known before, or another one."""

    model: str
    old: date | None
    new: date


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogChanges:
    """All differences, each sorted by model."""

    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    prices: tuple[PriceChange, ...] = ()
    limits: tuple[LimitChange, ...] = ()
    retirements: tuple[Retirement, ...] = ()

    def __bool__(self) -> bool:
        return any((self.new, self.gone, self.prices, self.limits, self.retirements))

    def of(self, models: Iterable[str]) -> "CatalogChanges":
        """The changes of these models alone."""
        wanted = frozenset(models)
        return CatalogChanges(
            new=tuple(model for model in self.new if model in wanted),
            gone=tuple(model for model in self.gone if model in wanted),
            prices=tuple(change for change in self.prices if change.model in wanted),
            limits=tuple(change for change in self.limits if change.model in wanted),
            retirements=tuple(change for change in self.retirements if change.model in wanted),
        )


def compare(old: Catalog, new: Catalog) -> CatalogChanges:
    """What changes from ``old`` to ``new``; values are compared as numbers, so that 0.10 is 0.1."""
    both = sorted(old.cards.keys() & new.cards.keys())
    pairs = [(old.cards[name], new.cards[name]) for name in both]
    return CatalogChanges(
        new=tuple(sorted(new.cards.keys() - old.cards.keys())),
        gone=tuple(sorted(old.cards.keys() - new.cards.keys())),
        prices=tuple(change for before, after in pairs for change in _prices(before, after)),
        limits=tuple(change for before, after in pairs for change in _limits(before, after)),
        retirements=tuple(
            Retirement(model=after.id, old=before.retires_on, new=after.retires_on)
            for before, after in pairs
            if after.retires_on is not None and after.retires_on != before.retires_on
        ),
    )


def _prices(old: ModelCard, new: ModelCard) -> Iterable[PriceChange]:
    before, after = _table(old), _table(new)
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield PriceChange(model=new.id, key=key, old=before.get(key), new=after.get(key))


def _table(card: ModelCard) -> Mapping[str, Decimal]:
    return card.price.usd_per_unit if card.price else {}


def _limits(old: ModelCard, new: ModelCard) -> Iterable[LimitChange]:
    for field in _LIMITS:
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield LimitChange(model=new.id, field=field, old=before, new=after)
