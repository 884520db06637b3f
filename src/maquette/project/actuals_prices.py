"""What the tokens of a bill cost at the catalog's prices, to see whether a bill is above or below the list."""

from decimal import ROUND_CEILING, Decimal, localcontext

from maquette.catalog.cards import Catalog, ModelCard
from maquette.catalog.prices import Usage
from maquette.catalog.quoting import quote
from maquette.cost.actuals import EXACT, Total
from maquette.cost.request import CACHED, FRESH, OUTPUT
from maquette.foundation.units import Usd


def card_of(model: str, provider: str | None, catalog: Catalog) -> ModelCard | None:
    """The card whose id a log's name is: as it stands, behind its provider, or without the route before it."""
    names = (model, f"{provider}/{model}", model.rpartition("/")[2])
    return next((catalog.cards[name] for name in names if name in catalog.cards), None)


def at_list_price(card: ModelCard | None, total: Total) -> Usd | None:
    """The tokens of ``total`` at the standard prices of ``card``; None when a price or a count is unknown.

    The price step is that of the mean prompt, and a prefix is cached where the mean one is long enough: single
    requests are not on record. Where nobody says what was cached, all input counts as fresh.
    """
    if card is None or card.price is None or not total.requests or total.input_tok is None or total.output_tok is None:
        return None
    cached = total.cached_tok or 0
    if min(total.input_tok, total.output_tok, cached) < 0 or cached > total.input_tok:
        return None
    length = _mean(total.input_tok, total.requests)
    found = quote(
        card.price,
        Usage(
            input_tok=length,
            output_tok=_mean(total.output_tok, total.requests),
            # One token stays fresh, so that its price is among the lines.
            cached_tok=min(_mean(cached, total.requests) if cached else 0, length - 1),
        ),
    )
    if found.total_usd is None:
        return None
    if all(line.name != CACHED for line in found.lines):
        cached = 0
    counts = {FRESH: total.input_tok - cached, CACHED: cached, OUTPUT: total.output_tok}
    with localcontext(EXACT):
        amounts = (line.usd_per_unit * counts.get(line.name, total.requests) for line in found.lines)
        return sum(amounts, Usd(0))


def _mean(tokens: int, requests: int) -> int:
    return max(1, int((Decimal(tokens) / requests).to_integral_value(ROUND_CEILING)))
