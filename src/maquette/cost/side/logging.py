"""Logs: what a request writes, and how long it is kept."""

from decimal import Decimal

from maquette.catalog.services import Service, ServiceKind
from maquette.cost.projection import ByCase
from maquette.cost.side.basis import (
    CHARACTERS_PER_TOK,
    GIB,
    Draft,
    SideBasis,
    band,
    combined,
    level,
    product,
    service_price,
)
from maquette.cost.side_lines import LineGroup, SideCosts
from maquette.cost.side_settings import NONE
from maquette.foundation.units import DAYS_PER_MONTH, readable_count

ALLOWED, KEPT = "logging.content_allowed", "logging.retention_days"
MILLION = Decimal(1_000_000)
_METADATA = band("512", "1024", "2048")
_KEPT_UNKNOWN = band("30", "90", "365")


def logging_costs(basis: SideBasis) -> SideCosts:
    """The lines of the logs: every request writes one, whose storage for as long as it is kept counts in its month."""
    draft, settings = Draft(LineGroup.LOGGING), basis.settings.logging
    if settings.service == NONE:
        return draft.costs()
    service = basis.service(ServiceKind.LOGGING, settings.service)
    if service is None:
        named = settings.service
        why = "nobody names a service that may be used" if named is None else f"the catalog has no service {named}"
        draft.leave_out(f"logs: {why} (cost.logging.service: {basis.known(ServiceKind.LOGGING)})")
        return draft.costs()
    size = _gib(basis, draft)
    if size is None:
        draft.leave_out("logs: nobody says how long requests and answers are (tokens.input_avg, tokens.output_avg)")
        return draft.costs()
    if settings.service is None:
        draft.say("logs", service.id, service.id, service.id, "nobody names a service (cost.logging.service)")
    _lines(basis, service, size, draft)
    return draft.costs()


def _lines(basis: SideBasis, service: Service, size: ByCase, draft: Draft) -> None:
    assert service.ingestion_usd_gib is not None
    assert service.storage_usd_gib_month is not None
    price = service_price(service, "ingestion_usd_gib", service.ingestion_usd_gib)
    draft.line("logs, ingestion", unit="GiB", price=price, per_request=size, ref="the log of a request")
    ref = f"nobody says how long logs are kept ({KEPT})"
    days = draft.settle("days that logs are kept", basis.number(KEPT), _KEPT_UNKNOWN, ref)
    months = combined(lambda kept: max(kept - service.included_days, Decimal(0)) / DAYS_PER_MONTH, days)
    if months.high:
        price = service_price(service, "storage_usd_gib_month", service.storage_usd_gib_month)
        ref = "the log of a request, for as long as it is kept"
        draft.line("logs, storage", unit="GiB-month", price=price, per_request=product(size, months), ref=ref)


def _gib(basis: SideBasis, draft: Draft) -> ByCase | None:
    """GiB that a request writes: measured; or its metadata, and its text where that may be kept."""
    measured = basis.settings.logging.gib_per_million_requests
    if measured is not None:
        return level(measured / MILLION)
    allowed = basis.facts.get(ALLOWED)
    metadata = draft.assume("bytes of a log beside the texts", _METADATA, "nobody measured it")
    if allowed is False:
        return combined(lambda size: size / GIB, metadata)
    lengths = basis.number("tokens.input_avg"), basis.number("tokens.output_avg")
    if lengths[0] is None or lengths[1] is None:
        return None
    text = (lengths[0] + lengths[1]) * CHARACTERS_PER_TOK
    texts = level(text)
    if allowed is None:
        ref = f"nobody says whether texts may be logged ({ALLOWED})"
        texts = draft.assume("bytes of the texts in a log", ByCase(low=Decimal(0), base=text, high=text), ref)
    elif ALLOWED in basis.defaulted:
        draft.say(ALLOWED, "true", "true", "true", f"the question's default: {readable_count(text)} bytes a request")
    return combined(lambda size, more: (size + more) / GIB, metadata, texts)
