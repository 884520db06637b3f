"""Published scores: fractions with a page and a day, attached to the models that the catalog has."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from maquette.adapters.knowledge_files import load_claims
from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.claims import ScoresEntry, claims_by_model
from maquette.catalogs import load_catalog
from maquette.foundation.sources import Source, SourceKind

CARD = ModelCard(
    id="a/model", provider="acme", hosting=Hosting.API, source=Source(kind=SourceKind.CLAIMED, ref="a test")
)
ENTRY = ScoresEntry.model_validate(
    {
        "models": ["a/model", "gone/model"],
        "scores": {"GPQA Diamond": "0.505", "IFEval": "0.921"},
        "conditions": "zero-shot",
        "source": "https://a.example/card",
        "as_of": "2026-01-02",
    }
)


def test_the_catalog_has_scores_of_open_models_and_of_apis() -> None:
    claims = load_claims()

    assert sum(len(found) for found in claims.values()) >= 240
    assert sum(name.startswith("open/") for name in claims) >= 45
    assert sum(not name.startswith("open/") for name in claims) >= 40


def test_every_score_is_of_a_model_in_the_catalog() -> None:
    assert load_claims().keys() - load_catalog().cards.keys() == set()


def test_every_score_is_a_fraction_with_a_page_and_a_day() -> None:
    for name, found in load_claims().items():
        for claim in found:
            assert 0 < claim.value <= 1, (name, claim.benchmark)
            assert claim.source.kind is SourceKind.CLAIMED
            assert claim.source.ref.startswith("https://")
            assert claim.source.as_of is not None
            assert claim.source.as_of <= date(2026, 11, 21)


def test_no_page_states_a_score_of_a_model_twice() -> None:
    stated = Counter(
        (name, claim.benchmark, claim.source.ref) for name, found in load_claims().items() for claim in found
    )

    assert [key for key, count in stated.items() if count > 1] == []


def test_a_score_is_what_the_page_says() -> None:
    scores = {claim.benchmark: claim.value for claim in load_claims()["open/llama-3.3-70b-instruct"]}

    assert scores["GPQA Diamond"] == Decimal("0.505")
    assert scores["IFEval"] == Decimal("0.921")


def test_conditions_stand_behind_the_page() -> None:
    (first, second) = claims_by_model([ENTRY])["a/model"]

    assert (first.benchmark, first.value) == ("GPQA Diamond", Decimal("0.505"))
    assert first.source is second.source
    assert str(first.source) == "claimed: https://a.example/card, zero-shot (2026-01-02)"


@pytest.mark.parametrize("change", [{"scores": {}}, {"models": []}, {"source": "a page"}, {"scores": {"MMLU": "86.0"}}])
def test_an_entry_without_a_page_a_model_or_a_fraction_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ScoresEntry.model_validate({**ENTRY.model_dump(), **change})
