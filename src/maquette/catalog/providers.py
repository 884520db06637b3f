"""What a provider says of itself: where data is kept and for how long, its agreements, uptime, tuning, what it retired.

Every fact carries the page that states it and that page's date. A fact that nobody states is left out: it is unknown.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from maquette.catalog.cards import Capability
from maquette.catalog.provider_facts import OfferFact, ProviderFacts, covers
from maquette.catalog.tuning import TuningOffer, TuningStatement
from maquette.foundation.sources import Source, SourceKind

Value = TypeVar("Value")
Region = Literal["us", "eu", "uk", "india", "china", "apac", "switzerland", "canada", "middle east", "south america"]
"""Where data can stay: the words of the residency question, and the places that it sums up as "other"."""

Days = Annotated[int, Field(ge=0)]
Share = Annotated[Decimal, Field(gt=0, le=1)]


class Tunes(StrEnum):
    """Which models a provider fine-tunes: those under ``tuning`` and no others, or none."""

    LISTED = "only those listed"
    NONE = "none"


class Offer(StrEnum):
    """Whether a provider offers something: to everybody, on request, or not at all."""

    YES = "yes"
    ON_REQUEST = "on request"
    NO = "no"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Sourced(_Entry):
    source: str = Field(pattern=r"^https://", description="The page that states it.")
    as_of: date = Field(description="The date on the page, or the day on which it was read.")

    @property
    def origin(self) -> Source:
        """Where it comes from."""
        return Source(kind=SourceKind.CLAIMED, ref=self.source, as_of=self.as_of)


class Stated(_Sourced, Generic[Value]):
    """One fact: its value, what to mind, and the page that states it."""

    value: Value
    note: str | None = Field(None, description="Conditions, a sentence.")


class OfferStated(Stated[Offer]):
    """An offer, and the models it leaves out."""

    except_for: tuple[str, ...] = Field((), description="Parts of model ids for which the answer is no.")


class RegionsStated(Stated[tuple[Region, ...]]):
    """Where data can be kept; ``partial`` when there are more regions than the page names."""

    partial: bool = False


class Tuning(_Sourced):
    """One family of models that can be fine-tuned here."""

    family: str = Field(min_length=1)
    models: tuple[str, ...] = Field(min_length=1, description="In the provider's names.")
    methods: tuple[str, ...] = Field(min_length=1)
    note: str | None = None
    last_jobs: date | None = Field(None, description="The last day on which a training can be started.")
    last_day: date | None = Field(None, description="The last day on which what was tuned answers.")


class Retired(_Sourced):
    """A product that is gone, or will be: its names, its last day, and what the provider names instead."""

    product: str = Field(min_length=1)
    ids: tuple[str, ...] = Field((), description="Model ids, in the price map's or the provider's words.")
    last_day: date | None = None
    replacement: str | None = None


class Provider(_Entry):
    """One provider of models behind an API.

    A fact that is None, or a tuple that is empty, is unknown.
    """

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    title: str
    covers: tuple[str, ...] = Field((), description="Provider names of the price map; also those that go on with '-'.")
    key_variable: str | None = Field(None, pattern=r"^[A-Z][A-Z0-9_]+$", description="Environment variable of the key.")
    seat: Stated[str] | None = Field(None, description="The country whose law the company is under.")
    regions: RegionsStated | None = Field(None, description="Where data can be kept.")
    retention_days: Stated[Days] | None = Field(None, description="How long prompts are kept by default.")
    zero_retention: OfferStated | None = None
    trains_on_data: Stated[bool] | None = Field(None, description="On what is sent through the API, by default.")
    baa: OfferStated | None = Field(None, description="A business associate agreement (45 CFR 164.504(e)).")
    uptime: Stated[Share] | None = Field(None, description="Monthly uptime that the SLA promises, of one.")
    batch: Stated[bool] | None = Field(None, description="A cheaper lane for work that can wait.")
    families: Stated[tuple[str, ...]] | None = Field(None, description="Current families of models.")
    tunes: Stated[Tunes] | None = Field(None, description="Whether the list under tuning is all that is tuned here.")
    tuning: tuple[Tuning, ...] = ()
    prices: str | None = Field(None, pattern=r"^https://")
    status: str | None = Field(None, pattern=r"^https://")
    retired: tuple[Retired, ...] = ()
    notes: tuple[Stated[str], ...] = ()


class ProvidersFile(_Entry):
    """catalog/providers/providers.yaml."""

    providers: tuple[Provider, ...]


def provider_of(map_name: str, providers: Iterable[Provider]) -> Provider | None:
    """The record that covers a provider name of the price map; None when none does."""
    return next((each for each in providers if covers(each.covers, map_name)), None)


def retired_products(providers: Iterable[Provider]) -> dict[str, Retired]:
    """What the providers retired, by model id."""
    return {name: product for each in providers for product in each.retired for name in product.ids}


def tuning_of(provider: Provider) -> TuningStatement:
    """What a record says of fine-tuning."""
    offers = tuple(
        TuningOffer(
            family=one.family,
            models=one.models,
            methods=one.methods,
            source=one.origin,
            last_jobs=one.last_jobs,
            last_day=one.last_day,
        )
        for one in provider.tuning
    )
    complete = provider.tunes.origin if provider.tunes is not None else None
    return TuningStatement(host=provider.title, covers=provider.covers, offers=offers, complete=complete)


def facts_of(provider: Provider, part: str | None = None) -> ProviderFacts:
    """What a record says of the provider's models; ``part`` is of the ids that an offer leaves out."""
    both = ((Capability.ZERO_RETENTION, provider.zero_retention), (Capability.BAA, provider.baa))
    stated = {capability: offer for capability, offer in both if offer is not None}
    where = provider.regions
    left_out = () if part else sorted({each for offer in stated.values() for each in offer.except_for})
    return ProviderFacts(
        covers=provider.covers,
        part=part or "",
        offers=tuple(_answer(key, offer, out=part in offer.except_for) for key, offer in stated.items()),
        regions=() if where is None or where.partial else where.value,
        on_regions=(_note(f"Data can be kept in {', '.join(where.value)}", where),) if where else (),
        otherwise=tuple(facts_of(provider, each) for each in left_out),
    )


def _answer(capability: Capability, offer: OfferStated, *, out: bool) -> OfferFact:
    what = "Zero retention" if capability is Capability.ZERO_RETENTION else "Business associate agreement"
    if out:
        note = f"{what}: not for this model ({offer.source}, {offer.as_of.isoformat()})"
        return OfferFact(capability=capability, answer=False, note=note)
    note = _note(f"{what}: {offer.value.value}", offer)
    return OfferFact(capability=capability, answer=offer.value is not Offer.NO, note=note)


def _note(what: str, fact: Stated[Value]) -> str:
    condition = f"; {fact.note}" if fact.note else ""
    return f"{what}{condition} ({fact.source}, {fact.as_of.isoformat()})"
