"""The cost stage as tests meet it: facts as the questions derive them, models at round prices, one-line projections."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.prices import PriceTable
from maquette.cost.options import CostOption
from maquette.cost.projecting import project_cost
from maquette.cost.projection import CostProjection
from maquette.evals.run import TargetResult, Verdict
from maquette.foundation.expression import FactValue
from maquette.foundation.sources import Source, SourceKind
from maquette.requirements.answers import Requirements, known_facts
from tests.rule_world import question_book, scenario

PRICES_AS_OF = date(2026, 11, 18)
PAGE = Source(kind=SourceKind.CLAIMED, ref="a price page", as_of=PRICES_AS_OF)

ANSWERS: Mapping[str, FactValue] = {
    "scale.requests_per_day": 1000,
    "scale.growth_pct_month": 0,
    "tokens.input_avg": 2000,
    "tokens.output_avg": 100,
    "tokens.output_max": 100,
    "tokens.input_p99": 2000,
    "lifecycle.horizon_months": 12,
}


def facts(unknown: frozenset[str] = frozenset(), **changes: FactValue) -> dict[str, FactValue]:
    """1,000 requests a day of 2,000 and 100 tokens without growth, changed: ``tokens__input_avg=5`` and so on."""
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    answers = {name: value for name, value in {**ANSWERS, **changed}.items() if name not in unknown}
    return known_facts(Requirements(answers=answers, unknown=unknown), question_book())


def scenario_facts(name: str, **changes: FactValue) -> dict[str, FactValue]:
    """Everything that a scenario settles, with answers changed."""
    requirements = scenario(name).requirements
    changed = {key.replace("__", "."): value for key, value in changes.items()}
    return known_facts(replace(requirements, answers={**requirements.answers, **changed}), question_book())


def prices(**usd_per_million: str) -> PriceTable:
    """Prices by short names, in dollars a million tokens."""
    keys = {
        "fresh": "input_cost_per_token",
        "cached": "cache_read_input_token_cost",
        "written": "cache_creation_input_token_cost",
        "output": "output_cost_per_token",
        "batch_fresh": "input_cost_per_token_batches",
        "batch_output": "output_cost_per_token_batches",
        "batch_cached": "cache_read_input_token_cost_batches",
        "above_100k": "input_cost_per_token_above_100k_tokens",
        "request": "input_cost_per_request",
    }
    table = {keys[name]: Decimal(usd) / 1_000_000 for name, usd in usd_per_million.items()}
    return PriceTable(usd_per_unit=table, source=PAGE)


def model(name: str, price: PriceTable | None, hosting: Hosting = Hosting.API, **changes: Any) -> ModelCard:
    """A model of that name at those prices."""
    return ModelCard(id=name, provider="acme", hosting=hosting, source=PAGE, price=price, **changes)


def api(name: str = "m", measured: TargetResult | None = None, **usd_per_million: str) -> CostOption:
    """An API model at 1 dollar a million tokens in and 4 out, or at those prices."""
    chosen = {"fresh": "1", "output": "4"} | usd_per_million
    return CostOption(name=name, card=model(name, prices(**chosen)), measured=measured)


def machine(name: str = "own", usd_per_hour: str | None = "1", throughput_per_s: float | None = 1.0) -> CostOption:
    """A model on one's own machine."""
    return CostOption(
        name=name,
        card=model(name, None, Hosting.OPEN_WEIGHTS),
        measured=None if throughput_per_s is None else measured(name, throughput_per_s=throughput_per_s),
        host_name="8 cores" if usd_per_hour else None,
        host_usd_per_hour=Decimal(usd_per_hour) if usd_per_hour else None,
        host_source=PAGE if usd_per_hour else None,
    )


def measured(target_id: str = "m", **changes: Any) -> TargetResult:
    """A target's results: 100 examples, each asked once and answered."""
    result = TargetResult(
        target_id=target_id,
        planned=100,
        done=100,
        scored=100,
        correct=90,
        score=0.9,
        interval=None,
        verdict=Verdict.NO_THRESHOLD,
        mean_scores={},
        by_stratum={},
        failures={},
        retried=0,
        from_cache=0,
        calls_made=100,
        latency=None,
        ttft_p50_s=None,
        mean_input_tok=None,
        mean_output_tok=None,
        spent_usd=None,
        throughput_per_s=None,
    )
    return replace(result, **changes)


def project(given: Mapping[str, FactValue], *options: CostOption, **keywords: Any) -> CostProjection:
    """The projection of ``options``."""
    return project_cost(facts=given, options=options, prices_as_of=PRICES_AS_OF, **keywords)
