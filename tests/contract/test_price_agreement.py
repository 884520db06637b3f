"""The price engine beside two others on the same data: LiteLLM's own on its map, and genai-prices on its history.

200 seeded requests to chat models. Where two totals differ there is one reason out of a short list, and each reason is
checked by reckoning again as the other does; a difference without a reason fails. ``-s`` prints the table.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from maquette.adapters.price_files import SNAPSHOT, load_prices
from maquette.catalog.cards import Mode, ModelCard
from maquette.catalog.lanes import tiers_offered
from maquette.catalog.prices import PriceTable, Tier, Usage
from maquette.catalog.quoting import quote
from maquette.foundation.shipped import shipped

REQUESTS = 200
SEED = 20261120
# A Friday at 02:30 UTC: within the dear hours of the provider whose prices depend on the hour.
MOMENT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
CONTEXTS: Mapping[Tier, dict[str, str]] = {
    Tier.STANDARD: {},
    Tier.BATCH: {"processing": "batch"},
    Tier.FLEX: {"service_tier": "flex"},
    Tier.PRIORITY: {"service_tier": "priority"},
}
INPUT, OUTPUT = "input_cost_per_token", "output_cost_per_token"
CACHED, OFF_PEAK = "cache_read_input_token_cost", "off_peak_pricing."
SUFFIXES = {Tier.STANDARD: "", Tier.BATCH: "_batches", Tier.FLEX: "_flex", Tier.PRIORITY: "_priority"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One request with a model's table, and what somebody else reckons for it with the same prices."""

    card: ModelCard
    table: PriceTable
    usage: Usage
    other: str
    theirs: Decimal

    def agrees(self, table: PriceTable, usage: Usage) -> bool:
        """Whether the engine finds their total for that table and usage, to nine digits."""
        total = quote(table, usage).total_usd
        return total is not None and abs(total - self.theirs) <= max(total, self.theirs) * Decimal("1e-9")


def priced_cards() -> list[ModelCard]:
    cards = load_prices().cards.values()
    return [card for card in cards if card.mode is Mode.CHAT and card.price and INPUT in card.price.usd_per_unit]


def requests(count: int, seed: int) -> Iterator[tuple[ModelCard, Usage]]:
    """Random requests: every second one to a model that two lists have, in a lane that the model offers."""
    draw = random.Random(seed)
    cards = priced_cards()
    twice = [card for card in cards if card.other_prices]
    for index in range(count):
        card = draw.choice(twice if index % 2 else cards)
        assert card.price is not None
        prompt = int(10 ** draw.uniform(1, 5.7))
        yield (
            card,
            Usage(
                input_tok=prompt,
                output_tok=int(10 ** draw.uniform(0, 4.5)),
                cached_tok=draw.choice([0, int(prompt * draw.random())]),
                tier=draw.choice(tiers_offered(card.price)),
            ),
        )


@pytest.fixture(scope="module")
def litellm_prices() -> Iterator[Any]:
    """LiteLLM's cost functions, over the very map that the snapshot was made of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        import litellm

        models = json.loads(shipped("catalog", "prices", SNAPSHOT).read_bytes())["models"]
        patch.setattr(litellm, "model_cost", {name: as_numbers(entry) for name, entry in models.items()})
        litellm.utils._invalidate_model_cost_lowercase_map()
        yield litellm.cost_calculator
    litellm.utils._invalidate_model_cost_lowercase_map()


def as_numbers(value: Any) -> Any:
    """The map as LiteLLM reads it: prices are floats."""
    if isinstance(value, dict):
        return {key: as_numbers(part) for key, part in value.items()}
    if isinstance(value, list):
        return [as_numbers(part) for part in value]
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def litellm_total(calculator: Any, card: ModelCard, usage: Usage) -> Decimal:
    from litellm.types.utils import PromptTokensDetailsWrapper
    from litellm.types.utils import Usage as TheirUsage

    theirs = TheirUsage(
        prompt_tokens=usage.input_tok,
        completion_tokens=usage.output_tok,
        total_tokens=usage.input_tok + usage.output_tok,
        prompt_tokens_details=PromptTokensDetailsWrapper(cached_tokens=usage.cached_tok),
    )
    if usage.tier is Tier.BATCH:
        parts = calculator.batch_cost_calculator(theirs, card.id, card.provider)
    else:
        parts = calculator.cost_per_token(
            model=card.id,
            custom_llm_provider=card.provider,
            usage_object=theirs,
            prompt_tokens=usage.input_tok,
            completion_tokens=usage.output_tok,
            cache_read_input_tokens=usage.cached_tok,
            service_tier=None if usage.tier is Tier.STANDARD else usage.tier.value,
        )
    return Decimal(repr(float(sum(parts))))


def genai_models() -> dict[str, tuple[Any, Any]]:
    from genai_prices.data import providers

    return {f"{provider.id}/{model.id}": (provider, model) for provider in providers for model in provider.models}


def genai_total(provider: Any, model: Any, usage: Usage) -> Decimal:
    from genai_prices import Usage as TheirUsage

    theirs = TheirUsage(
        input_tokens=usage.input_tok, cache_read_tokens=usage.cached_tok, output_tokens=usage.output_tok
    )
    context = CONTEXTS[usage.tier] or None
    found = model.calc_price(theirs, provider, genai_request_timestamp=MOMENT, price_context=context)
    return Decimal(found.total_price)


Reckoning = tuple[PriceTable, Usage]

HABITS: Mapping[str, Callable[[PriceTable, Usage], Reckoning]] = {
    "charges cached tokens as fresh ones": lambda table, usage: (table, replace(usage, cached_tok=0)),
    "charges the standard price in the lane": lambda table, usage: (table, replace(usage, tier=Tier.STANDARD)),
    "caches a prefix below the model's minimum": lambda table, usage: (replace(table, min_cacheable_tok=None), usage),
    "reckons with off-peak hours": lambda table, usage: (with_prices(table, off_peak(table)), usage),
    "takes half the input price for cached tokens": lambda table, usage: (
        with_prices(table, {CACHED: table.usd_per_unit[INPUT] / 2}),
        usage,
    ),
    "takes the prices of shorter prompts": lambda table, usage: (without(table, "k_tokens"), usage),
    "leaves out the fee a request": lambda table, usage: (without(table, "per_request"), usage),
    "takes the standard price for what the lane does not list": lambda table, usage: (
        with_prices(table, in_lane(table, SUFFIXES[usage.tier])),
        usage,
    ),
}
"""What another engine may do that this one does not, as what this one would have to be told to find its total."""

ALLOWED: Mapping[str, Callable[[Case], bool]] = {
    "charges cached tokens as fresh ones": lambda case: (
        unpriced(case, "input, cached", "not offered") or case.card.provider == "perplexity"
    ),
    "charges the standard price in the lane": lambda case: (
        unpriced(case, "not offered", "no output_cost") or case.card.provider == "fireworks_ai"
    ),
    "caches a prefix below the model's minimum": lambda case: case.table.min_cacheable_tok is not None,
    "reckons with off-peak hours": lambda case: bool(off_peak(case.table)),
    "takes half the input price for cached tokens": lambda case: (
        case.card.provider == "fireworks_ai" and unpriced(case, "input, cached")
    ),
    "takes the prices of shorter prompts": lambda case: (
        unpriced(case, "no prices above") or case.card.provider == "perplexity"
    ),
    "leaves out the fee a request": lambda case: case.card.provider == "perplexity",
    "takes the standard price for what the lane does not list": lambda case: (
        case.usage.tier is not Tier.STANDARD and bool(in_lane(case.table, SUFFIXES[case.usage.tier]))
    ),
}
"""Where a habit may be the reason: where this engine says that a price is missing, and at providers known for it."""


def reason(case: Case) -> str | None:
    """Which of its habits, at most three, make the other's total; None when none do."""
    habits = [habit for habit in HABITS if ALLOWED[habit](case)]
    for some in (*combinations(habits, 1), *combinations(habits, 2), *combinations(habits, 3)):
        table, usage = case.table, case.usage
        for habit in some:
            table, usage = HABITS[habit](table, usage)
        if case.agrees(table, usage):
            return f"{case.other} {' and '.join(some)}"
    return None


def unpriced(case: Case, *words: str) -> bool:
    """Whether the engine leaves the request unpriced for one of these reasons."""
    missing = quote(case.table, case.usage).missing
    return any(word in reason for word in words for reason in missing)


def without(table: PriceTable, part: str) -> PriceTable:
    return replace(table, usd_per_unit={key: price for key, price in table.usd_per_unit.items() if part not in key})


def in_lane(table: PriceTable, suffix: str) -> dict[str, Decimal]:
    """The standard prices that the lane lacks, under the lane's keys."""
    prices = table.usd_per_unit
    bases = [key for key in prices if key in {CACHED, OUTPUT}]
    return {base + suffix: prices[base] for base in bases if base + suffix not in prices}


def with_prices(table: PriceTable, changed: Mapping[str, Decimal]) -> PriceTable:
    return replace(table, usd_per_unit={**table.usd_per_unit, **changed})


def off_peak(table: PriceTable) -> dict[str, Decimal]:
    return {key.removeprefix(OFF_PEAK): price for key, price in table.usd_per_unit.items() if key.startswith(OFF_PEAK)}


def cases(calculator: Any, count: int, seed: int) -> Iterator[Case]:
    """Each request with LiteLLM's total, and with that of genai-prices where it has the model."""
    theirs = genai_models()
    for card, usage in requests(count, seed):
        assert card.price is not None
        total = litellm_total(calculator, card, usage)
        yield Case(card=card, table=card.price, usage=usage, other="litellm", theirs=total)
        dated = card.other_prices and card.other_prices.on(date(2026, 11, 20))
        if card.other_prices and dated:
            total = genai_total(*theirs[card.other_prices.model], usage)
            yield Case(card=card, table=dated, usage=usage, other="genai-prices", theirs=total)


def test_every_disagreement_with_the_two_other_engines_has_a_reason(litellm_prices: Any) -> None:
    agreed: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    unexplained: list[str] = []
    for case in cases(litellm_prices, REQUESTS, SEED):
        if case.agrees(case.table, case.usage):
            agreed[case.other] += 1
        elif why := reason(case):
            reasons[why] += 1
        else:
            ours = quote(case.table, case.usage)
            unexplained.append(
                f"{case.card.id} {case.usage}: {ours.total_usd} {ours.missing}, {case.other} {case.theirs}"
            )

    table = [f"{count:4}  {other} agrees" for other, count in agreed.items()]
    table += [f"{count:4}  {words}" for words, count in reasons.most_common()]
    sys.stdout.write("\n" + "\n".join(table) + "\n")
    assert unexplained == []
    assert agreed["litellm"] > REQUESTS / 2
    assert agreed["genai-prices"] > REQUESTS / 4


def test_a_wrong_price_is_not_explained_away() -> None:
    card = load_prices().cards["gpt-6-luna"]
    assert card.price is not None
    usage = Usage(input_tok=1000, output_tok=100)
    total = quote(card.price, usage).total_usd
    assert total is not None
    case = Case(card=card, table=card.price, usage=usage, other="litellm", theirs=total * Decimal("1.02"))

    assert reason(case) is None
