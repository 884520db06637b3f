"""What the product itself knows, as facts for the rules: measured, projected, or read from the catalog.

Only what is known becomes a fact. What a user states about a design wins over these; the caller merges so.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from maquette.catalog.cards import Capability, Hosting, ModelCard
from maquette.cost.projection import CostProjection, OptionCost
from maquette.decision.contenders import Contender, contenders, is_smaller
from maquette.evals.run import EvalRun, TargetResult, Verdict
from maquette.evals.statistics import half_width
from maquette.evals.trials import RunState
from maquette.foundation.expression import FactValue

_NO_CARDS: Mapping[str, ModelCard] = {}
_PRICE_STEP = re.compile(r"^input_cost_per_token_above_(\d+)k_tokens$")
_PINNED = re.compile(r"(20\d{2}-?[01]\d-?[0-3]\d)")
"""A date in a model's id: the provider's name for one snapshot."""
_BYTES_PER_PARAMETER = {
    "fp16": Decimal(2),
    "bf16": Decimal(2),
    "bfloat16": Decimal(2),
    "fp8": Decimal(1),
    "int8": Decimal(1),
    "mxfp4": Decimal("0.53125"),  # 4 bits, and 8 bits of scale for every 32 values (OCP Microscaling 1.0)
}


def evidence_facts(
    run: EvalRun | None,
    projection: CostProjection | None,
    card: ModelCard | None,
    *,
    today: date,
    prices_as_of: date,
    name: str | None = None,
    cards: Mapping[str, ModelCard] = _NO_CARDS,
) -> dict[str, FactValue]:
    """Facts about the chosen or recommended model.

    Args:
        run: The evaluation; its figures count once it is finished.
        projection: The costs.
        card: The model's; None while none is chosen or recommended.
        today: For ages and days left.
        prices_as_of: The date of the price snapshot, for prices that carry no date of their own.
        name: What the model is called in ``run`` and ``projection``; None takes the card's id.
        cards: Such a name to its card, for comparing sizes where prices are missing.
    """
    model = name or (card.id if card else None)
    finished = run if run is not None and run.state is RunState.FINISHED else None
    facts: dict[str, FactValue] = {"eval.ran": _has_scores(finished, model)}
    if finished is not None and model is not None:
        facts |= _measured(finished.result(model))
        facts |= _against_smaller(model, contenders(finished, projection, cards))
    if projection is not None:
        facts |= _price_ratio(projection.options)
        facts |= _projected(projection.option(model) if model else None, card)
    if card is not None:
        facts |= _catalogued(card, today, prices_as_of)
    return facts


def _has_scores(run: EvalRun | None, model: str | None) -> bool:
    """Whether the model, or any while none is named, has a scored answer."""
    if run is None:
        return False
    results: Iterable[TargetResult | None] = run.results if model is None else [run.result(model)]
    return any(result is not None and result.scored > 0 for result in results)


def _measured(result: TargetResult | None) -> dict[str, FactValue]:
    if result is None or result.score is None or result.interval is None:
        return {}
    facts: dict[str, FactValue] = {
        "eval.n": result.scored,
        "eval.score": result.score,
        "eval.ci_half_width": half_width(result.interval),
    }
    if result.latency is not None:
        facts["eval.p95_ms"] = _ms(result.latency.p95_s)
        facts["eval.p99_ms"] = _ms(result.latency.p99_s)
    if "json_schema" in result.mean_scores:
        facts["eval.format_valid_rate"] = result.mean_scores["json_schema"]
    return facts


def _ms(seconds: float) -> Decimal:
    """Milliseconds, to a microsecond: a float's last digits are no measurement."""
    return Decimal(str(round(seconds * 1000, 3)))


def _against_smaller(model: str, all_of_them: Iterable[Contender]) -> dict[str, FactValue]:
    """Whether something smaller was measured, and passes. Unknown where sizes do not compare or verdicts are open."""
    measured = [contender for contender in all_of_them if contender.measured]
    this = next((contender for contender in measured if contender.model == model), None)
    if this is None:
        return {}
    others = [(other, is_smaller(other, this)) for other in measured if other is not this]
    smaller = [other for other, is_so in others if is_so]
    facts: dict[str, FactValue] = {}
    if smaller or all(is_so is False for _, is_so in others):
        facts["eval.smaller_model_tested"] = bool(smaller)
    verdicts = [contender.result.verdict for contender in smaller if contender.result]
    if Verdict.PASSES in verdicts:
        facts["eval.smaller_model_passes"] = True
    elif verdicts and all(verdict is Verdict.FAILS for verdict in verdicts):
        facts["eval.smaller_model_passes"] = False
    smallest = [one for one in measured if all(is_smaller(one, other) for other in measured if other is not one)]
    if len(measured) > 1 and smallest and smallest[0].result and smallest[0].result.score is not None:
        facts["eval.small_pass_share"] = smallest[0].result.score
    return facts


def _price_ratio(options: Iterable[OptionCost]) -> dict[str, FactValue]:
    """The dearest of the compared models against the cheapest, a request."""
    prices = [option.usd_per_request for option in options if option.usd_per_request]
    return {"cost.tier_price_ratio": max(prices) / min(prices)} if len(prices) > 1 else {}


def _projected(cost: OptionCost | None, card: ModelCard | None) -> dict[str, FactValue]:
    facts: dict[str, FactValue] = {}
    if cost is not None and cost.first_month_usd is not None:
        facts["cost.monthly_usd"] = cost.first_month_usd.base
        if card is not None and card.hosting is Hosting.API:
            facts["cost.api_monthly_usd"] = cost.first_month_usd.base
    if cost is not None and cost.usd_per_request is not None:
        facts["cost.per_request_usd"] = cost.usd_per_request
    return facts


def _catalogued(card: ModelCard, today: date, prices_as_of: date) -> dict[str, FactValue]:
    steps = [int(found[1]) * 1000 for key in (card.price.usd_per_unit if card.price else ()) if (found := _step(key))]
    price_read = (card.price.source.as_of or prices_as_of) if card.price else None
    pinned = card.hosting is Hosting.LOCAL_FILE or bool(_PINNED.search(card.id))
    possible: dict[str, FactValue | None] = {
        "cat.context_window": card.context_tok,
        "cat.deprecation_days": (card.retires_on - today).days if card.retires_on else None,
        "cat.open_weights": True if card.hosting in {Hosting.OPEN_WEIGHTS, Hosting.LOCAL_FILE} else None,
        "cat.supports_schema": card.can(Capability.JSON_SCHEMA),
        "cat.supports_sampling_params": card.can(Capability.SAMPLING_PARAMETERS),
        "cat.reasoning_model": card.can(Capability.REASONING),
        "cat.vision": card.can(Capability.VISION),
        "cat.pinned_snapshot": True if pinned else None,
        "cat.price_age_days": (today - price_read).days if price_read else None,
        "cat.price_step_tokens": min(steps) if steps else None,
        "cat.prompt_cache_min_tokens": card.min_cacheable_tok,
        "cat.rate_limit_tpm": card.limit_tpm,
        "cat.weights_gb": _weights_gb(card),
    }
    return {fact: value for fact, value in possible.items() if value is not None}


def _step(key: str) -> re.Match[str] | None:
    return _PRICE_STEP.match(key)


def _weights_gb(card: ModelCard) -> Decimal | None:
    """Parameters times bytes for each, in the format in which the weights are published."""
    weights = card.weights
    if weights is None or weights.params_b is None or weights.native_quantisation is None:
        return None
    size = _BYTES_PER_PARAMETER.get(weights.native_quantisation.lower())
    return None if size is None else weights.params_b * size
