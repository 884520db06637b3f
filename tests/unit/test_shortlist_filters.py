"""Each requirement that can exclude a model: met, not met and why, or nobody knows."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from maquette.catalog.cards import Capability, Hosting, ModelCard
from maquette.catalog.checks import Needs
from maquette.catalog.filters import FILTERS
from maquette.catalog.licences import Commercial, Licence
from maquette.catalog.prices import PriceHistory, PricePeriod, PriceTable
from maquette.catalog.reasons import Met, reasons
from maquette.catalog.regions import any_in
from maquette.catalog.shortlist import Exclusion
from maquette.catalog.shortlisting import shortlist
from maquette.catalog.weights import Weights
from tests.shortlist_world import TODAY, card, catalog, price


def weights(params_b: str | None, commercial: Commercial | None = Commercial.YES) -> Weights:
    return Weights(
        params_b=Decimal(params_b) if params_b else None,
        active_params_b=None,
        layers=None,
        attention=None,
        native_quantisation=None,
        licence="l",
        terms=Licence(id="l", name="L", commercial=commercial, clauses=("Mind this.",), source=None),
    )


def api(**changes: Any) -> ModelCard:
    return card("m", **{"price": price("1", "2"), **changes})


def own(params_b: str | None = "8", commercial: Commercial | None = Commercial.YES, **changes: Any) -> ModelCard:
    return card("m", hosting=Hosting.OPEN_WEIGHTS, weights=weights(params_b, commercial), **changes)


def verdict(model: ModelCard, said: dict[str, Any]) -> Exclusion | tuple[str, ...]:
    found = shortlist(catalog(model), said, today=TODAY)
    return found.exclusions[0] if found.exclusions else found.candidates[0].unverified


OUT: list[tuple[ModelCard, dict[str, Any], str, str]] = [
    (api(provider="x"), {"providers.allowed": ("openai",)}, "provider", "x is not an approved provider"),
    (own(), {"providers.allowed": ("openai",)}, "provider", "own machines are not on the list of providers"),
    (api(), {"data.external_processing_allowed": False}, "third party", "no third party may process the data"),
    (api(), {"data.residency": "on_prem_only"}, "third party", "data must stay on_prem_only"),
    (api(), {"infra.offline_required": True}, "third party", "it must work without a network"),
    (api(regions=("us",)), {"data.residency": "eu"}, "residency", "runs in us, not in eu"),
    (api(regions=("eu-west-2",)), {"data.residency": "eu"}, "residency", "runs in eu-west-2, not in eu"),
    (api(provider="openai"), {"providers.eu_vendor_required": True}, "vendor", "openai is controlled from the US"),
    (
        api(capabilities={Capability.BAA: False}),
        {"data.sensitivity": "phi"},
        "agreement",
        "no business associate agreement",
    ),
    (
        api(capabilities={Capability.BAA: False}),
        {"compliance.regimes": ("soc2", "hipaa")},
        "agreement",
        "no business associate agreement",
    ),
    (
        api(capabilities={Capability.ZERO_RETENTION: False}),
        {"data.sensitivity": "secret"},
        "retention",
        "no zero retention",
    ),
    (own(commercial=Commercial.NO), {}, "licence", "its licence l forbids commercial use"),
    (
        api(capabilities={Capability.AUDIO_OUTPUT: False}),
        {"io.output_format": "audio"},
        "output",
        "no audio output",
    ),
    (api(capabilities={Capability.TOOLS: False}), {"agency.tools": "read"}, "tools", "no tool calls"),
    (
        own(context_tok=32_000),
        {"tokens.input_p99": 31_000, "tokens.output_max": 2000},
        "context",
        "context 32,000 is below 33,000 tokens of prompt and answer",
    ),
    (
        own("70"),
        {"data.residency": "on_prem_only", "infra.gpu_available": 1, "infra.gpu_vram_gb": 24},
        "machine",
        "its weights take 35 GB at 4 bit, 24 GB are there",
    ),
    (
        api(),
        {
            "tokens.input_avg": 1000,
            "tokens.output_avg": 1000,
            "scale.requests_per_day": 1000,
            "budget.monthly_usd": 91,
        },
        # Three dollars a thousand requests, and 30.4 thousand of them a month.
        "budget",
        "$91.20 a month at least, budget $91.00",
    ),
]


@pytest.mark.parametrize(("model", "said", "name", "detail"), OUT, ids=[f"{o[2]}: {o[3][:30]}" for o in OUT])
def test_a_requirement_that_is_not_met_excludes_and_says_why(
    model: ModelCard, said: dict[str, Any], name: str, detail: str
) -> None:
    out = verdict(model, said)
    assert isinstance(out, Exclusion)
    assert (out.filter, out.detail) == (name, detail)


UNSURE: list[tuple[ModelCard, dict[str, Any], str]] = [
    (api(), {"data.residency": "eu"}, "that data stays in eu"),
    (api(regions=("us",)), {"data.residency": "other"}, "that data stays in other"),
    (api(), {"providers.eu_vendor_required": True}, "that p is controlled from the EU"),
    (api(), {"data.sensitivity": "phi"}, "business associate agreement"),
    (api(), {"data.sensitivity": "secret"}, "zero retention"),
    (own(commercial=None), {}, "that its licence allows commercial use"),
    (api(), {"agency.tools": "irreversible"}, "tool calls"),
    (api(), {"tokens.input_p99": 5}, "a context of 5 tokens"),
    (
        own(None),
        {"data.residency": "on_prem_only", "infra.gpu_available": 1, "infra.gpu_vram_gb": 24},
        "that it fits into 24 GB",
    ),
    (
        own(),
        {
            "tokens.input_avg": 1,
            "tokens.output_avg": 1,
            "scale.requests_per_day": 1,
            "budget.monthly_usd": 1,
            "x": 1,
        },
        "a month within $1.00",
    ),
]


@pytest.mark.parametrize(("model", "said", "what"), UNSURE, ids=[u[2] for u in UNSURE])
def test_what_nobody_says_makes_a_model_unverified_and_never_excludes_it(
    model: ModelCard, said: dict[str, Any], what: str
) -> None:
    unverified = verdict(model, said)
    assert isinstance(unverified, tuple)
    assert what in unverified


def test_each_requirement_is_told_with_what_the_card_says_and_its_source() -> None:
    needs = Needs.of({"data.residency": "eu", "agency.tools": "read", "tokens.input_p99": 64_000}, TODAY)
    model = api(regions=("eu-west-1",), context_tok=32_000)
    told = {reason.filter: reason for reason in reasons(model, needs)}
    assert (told["residency"].met, told["residency"].says) == (Met.YES, "eu-west-1")
    assert (told["tools"].met, told["tools"].detail) == (Met.UNKNOWN, "nobody says tool calls")
    assert (told["context"].met, told["context"].wants) == (Met.NO, "64,000 tokens in, 0 out")
    assert all(reason.source == model.source for reason in told.values())
    assert list(told) == [name for name in FILTERS if name in told]


@pytest.mark.parametrize(
    ("named", "region", "inside"),
    [
        (("eu-central-1",), "eu", True),
        (("eu-west-2",), "uk", True),
        (("europe-west6", "us-east-1"), "eu", False),
        (("ap-south-1",), "india", True),
        (("asia-northeast1",), "apac", True),
        ((), "eu", None),
        (("eu",), "other", None),
    ],
)
def test_a_region_lies_where_its_law_does(named: tuple[str, ...], region: str, inside: bool | None) -> None:
    assert any_in(named, region) is inside


def test_lists_that_disagree_by_more_than_a_hundredth_are_told_with_both_figures() -> None:
    def cautions(usd: str) -> tuple[str, ...]:
        other = PriceHistory(periods=(PricePeriod(start=None, prices=price(usd, "2")),))
        return shortlist(catalog(api(other_prices=other)), {}, today=TODAY).candidates[0].cautions

    assert cautions("1.01") == ()
    assert cautions("1.02") == ("Input prices of a million tokens differ between lists: $1.00 [test], $1.02 [test].",)


def test_the_last_day_counts_as_service_and_only_days_within_the_horizon_are_told() -> None:
    def told(last: date) -> tuple[str, ...]:
        found = shortlist(catalog(api(retires_on=last)), {"lifecycle.horizon_months": 1}, today=TODAY)
        return found.candidates[0].cautions

    assert told(TODAY) == ("Retires on 2026-11-21, in 0 days.",)
    assert told(date(2026, 12, 21)) == ("Retires on 2026-12-21, in 30 days.",)
    assert told(date(2026, 12, 22)) == ()


def test_what_is_priced_at_nothing_is_told_and_does_not_come_first() -> None:
    cards = catalog(card("free", price=price("0", "0")), card("paid", price=price("1", "1")))
    said = {"tokens.input_avg": 1, "tokens.output_avg": 1}
    found = shortlist(cards, said, today=TODAY).candidates
    assert [candidate.card.id for candidate in found] == ["paid", "free"]
    assert found[1].cautions == ("Its list price is zero: a free tier, or charged in another way.",)


def test_the_least_month_of_a_session_reads_its_history_from_the_cache() -> None:
    """Of 45,000 tokens in 25 turns 2 x 33,000 / 26 are new: 2,539 fresh and 42,461 read, whole tokens.

    5,472,000 requests of (2,539 x $2 + 42,461 x $0.1 + 700 x $10) / 1,000,000 are $89,325.
    """
    plain = price("2", "10")
    cached = {"cache_read_input_token_cost": Decimal("0.0000001")}
    model = api(
        price=PriceTable(usd_per_unit={**plain.usd_per_unit, **cached}, source=plain.source), context_tok=64_000
    )
    said = {
        "tokens.input_avg": 45000,
        "tokens.output_avg": 700,
        "tokens.shared_prefix": 12000,
        "scale.requests_per_day": 180000,
        "budget.monthly_usd": 90000,
    }
    session = {**said, "context.multi_turn": True, "context.turns_avg": 25}
    assert isinstance(verdict(model, said), Exclusion)
    assert verdict(model, session) == ()
    over = verdict(model, {**session, "budget.monthly_usd": 89000})
    assert isinstance(over, Exclusion)
    assert over.detail == "$89,325 a month at least, budget $89,000"
