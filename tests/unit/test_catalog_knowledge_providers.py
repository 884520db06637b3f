"""What the catalog knows of providers: sourced, three-valued, and filled into the cards that do not say themselves."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from maquette.adapters.knowledge_files import load_providers, read_file
from maquette.catalog.cards import Capability, Catalog, Hosting, ModelCard
from maquette.catalog.provider_facts import with_provider_facts
from maquette.catalog.providers import (
    Offer,
    Provider,
    ProvidersFile,
    facts_of,
    provider_of,
    retired_products,
)
from maquette.catalogs import load_catalog
from maquette.cli.catalog.ages import OLD_AFTER_DAYS, old
from maquette.cli.main import run
from maquette.foundation.problems import InvalidInput
from maquette.foundation.sources import Source, SourceKind

TODAY = date(2026, 11, 21)
CARD = ModelCard(
    id="maker/model", provider="acme", hosting=Hosting.API, source=Source(kind=SourceKind.CLAIMED, ref="a test")
)
PAGE = {"source": "https://acme.example/trust", "as_of": "2026-05-04"}
ACME = Provider.model_validate(
    {
        "name": "acme",
        "title": "Acme",
        "covers": ["acme"],
        "zero_retention": {"value": "on request", "note": "by contract", "except_for": ["-preview"], **PAGE},
        "baa": {"value": "no", **PAGE},
        "regions": {"value": ["eu", "us"], **PAGE},
    }
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def named(name: str) -> Provider:
    return next(each for each in load_providers() if each.name == name)


def filled(card: ModelCard, provider: Provider = ACME) -> ModelCard:
    return with_provider_facts({card.id: card}, [facts_of(provider)])[card.id]


def test_an_offer_on_request_counts_as_available_and_a_note_says_so() -> None:
    card = filled(CARD)

    assert card.can(Capability.ZERO_RETENTION) is True
    assert card.notes[0] == "Zero retention: on request; by contract (https://acme.example/trust, 2026-05-04)"


def test_a_refusal_is_false_and_silence_stays_unknown() -> None:
    silent = ACME.model_copy(update={"baa": None, "regions": None})

    assert filled(CARD).can(Capability.BAA) is False
    assert filled(CARD, silent).can(Capability.BAA) is None
    assert filled(CARD, silent).regions == ()


def test_what_a_card_says_itself_wins_over_its_provider() -> None:
    card = replace(CARD, capabilities={Capability.ZERO_RETENTION: False}, regions=("uk",))

    assert filled(card).can(Capability.ZERO_RETENTION) is False
    assert filled(card).regions == ("uk",)
    assert [note.partition(":")[0] for note in filled(card).notes] == ["Business associate agreement"]


def test_a_model_that_an_offer_leaves_out_does_not_have_it() -> None:
    card = filled(replace(CARD, id="maker/model-preview"))

    assert card.can(Capability.ZERO_RETENTION) is False
    assert card.notes[0].startswith("Zero retention: not for this model")


def test_a_partial_list_of_regions_is_noted_and_not_taken_for_the_whole() -> None:
    assert ACME.regions is not None
    partial = ACME.model_copy(update={"regions": ACME.regions.model_copy(update={"partial": True})})

    assert filled(CARD).regions == ("eu", "us")
    assert filled(CARD, partial).regions == ()
    assert filled(CARD, partial).notes[-1].startswith("Data can be kept in eu, us")


@pytest.mark.parametrize(
    "card", [replace(CARD, provider="acmeshop"), replace(CARD, hosting=Hosting.OPEN_WEIGHTS)], ids=["other", "own"]
)
def test_other_providers_and_own_machines_are_left_as_they_are(card: ModelCard) -> None:
    assert filled(card) == card


def test_a_record_covers_the_names_that_go_on_with_a_dash() -> None:
    vertex = named("vertex")

    assert provider_of("vertex_ai", load_providers()) == vertex
    assert provider_of("vertex_ai-anthropic_models", load_providers()) == vertex
    assert provider_of("vertex", load_providers()) is None


def test_no_provider_of_the_map_is_covered_twice(catalog: Catalog) -> None:
    served = {card.provider for card in catalog.cards.values()}
    owners = {name: [each.name for each in load_providers() if provider_of(name, [each])] for name in served}

    assert {name: found for name, found in owners.items() if len(found) > 1} == {}


def test_the_whole_catalog_is_filled_and_nothing_else_of_a_card_changes(catalog: Catalog) -> None:
    cards = with_provider_facts(catalog.cards, [facts_of(each) for each in load_providers()])

    assert cards.keys() == catalog.cards.keys()
    for name, card in cards.items():
        before = catalog.cards[name]
        assert replace(card, capabilities=before.capabilities, regions=before.regions, notes=before.notes) == before


def test_openai_anthropic_google_and_bedrock_are_registered_with_models(catalog: Catalog) -> None:
    served = {card.provider for card in catalog.cards.values()}

    for name in ("openai", "anthropic", "gemini", "vertex", "bedrock"):
        assert any(provider_of(each, [named(name)]) for each in served), name


@pytest.mark.parametrize("name", ["openai", "anthropic", "gemini", "bedrock", "azure", "vertex", "mistral"])
def test_a_record_names_current_families_and_where_prices_are(name: str) -> None:
    record = named(name)

    assert record.families is not None
    assert len(record.families.value) >= 3
    assert record.prices is not None
    assert record.key_variable is not None


def test_openais_record_retires_gpt_4_and_gpt_3_5_and_the_catalog_has_newer_ones(catalog: Catalog) -> None:
    gone = retired_products([named("openai")])

    assert gone["gpt-4"].last_day == gone["gpt-3.5-turbo"].last_day == date(2026, 10, 23)
    assert catalog.cards["gpt-6.1-sol"].retires_on is None
    assert catalog.cards["text-embedding-3-small"].vector_dims == 1536


def test_the_claude_3_family_is_gone_and_its_replacements_are_not(catalog: Catalog) -> None:
    gone = retired_products([named("anthropic")])
    days = {name: gone[name].last_day for name in ("claude-3-opus", "claude-3-sonnet", "claude-3-haiku")}

    assert days == {
        "claude-3-opus": date(2026, 1, 5),
        "claude-3-sonnet": date(2025, 7, 21),
        "claude-3-haiku": date(2026, 4, 20),
    }
    for name in days:
        replacement = gone[name].replacement
        assert replacement is not None
        assert catalog.cards[replacement].retires_on is None


def test_palm_2_is_flagged_as_retired() -> None:
    gone = retired_products([named("gemini"), named("vertex")])

    assert gone["palm-2"].last_day == date(2024, 8, 15)
    assert gone["text-bison"].replacement == "Gemini"


def test_bedrocks_record_says_which_families_can_be_fine_tuned() -> None:
    matrix = {row.family: row for row in named("bedrock").tuning}

    assert set(matrix) == {"Nova", "Titan", "Claude", "Llama"}
    assert "meta.llama3-1-70b-instruct-v1:0:128k" in matrix["Llama"].models
    assert matrix["Claude"].note == "us-west-2"
    assert matrix["Claude"].source.startswith("https://docs.aws.amazon.com/")


def test_azures_record_has_the_uptime_that_is_promised() -> None:
    uptime = named("azure").uptime

    assert uptime is not None
    assert str(uptime.value) == "0.999"
    assert uptime.source.startswith("https://")


def test_every_fact_has_a_page_and_a_day_that_is_not_in_the_future() -> None:
    for provider in load_providers():
        facts = [getattr(provider, field) for field in type(provider).model_fields]
        sourced = [fact for fact in facts if hasattr(fact, "as_of")]
        for fact in (*sourced, *provider.tuning, *provider.retired, *provider.notes):
            assert fact.as_of <= TODAY, provider.name
            assert fact.origin.ref.startswith("https://")


def test_a_page_of_more_than_half_a_year_ago_is_called_old() -> None:
    assert not old(TODAY.replace(day=20), TODAY)
    assert old(date(2026, 5, 1), TODAY)
    assert OLD_AFTER_DAYS == 180


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("providers: [{name: acme, title: Acme, colour: red}]", "providers.0.colour"),
        (
            "providers: [{name: acme, title: A, baa: {value: perhaps, source: 'https://a.b', as_of: '2026-01-01'}}]",
            "baa",
        ),
        (
            "providers: [{name: acme, title: A, batch: {value: true, source: 'http://a.b', as_of: '2026-01-01'}}]",
            "batch.source",
        ),
        ("providers: [{name: acme, title: A, baa: {value: 'no', source: 'https://a.b'}}]", "as_of"),
    ],
)
def test_a_broken_record_is_told_with_its_field(text: str, field: str, tmp_path: Path) -> None:
    file = tmp_path / "providers.yaml"
    file.write_text(text)

    with pytest.raises(InvalidInput) as caught:
        read_file(file, ProvidersFile)

    assert field in str(caught.value.place.field)
    assert caught.value.place.line == 1


def test_the_command_shows_one_provider_with_pages_tuning_and_what_is_old(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalog", "providers", "bedrock"]) == 0
    out = capsys.readouterr().out

    assert "zero retention: yes" in out
    assert "https://docs.aws.amazon.com/bedrock/" in out
    assert "under the law of: unknown" in out
    assert "meta.llama3-1-70b-instruct" in out


def test_the_command_does_not_know_every_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalog", "providers", "antropic"]) == 4
    assert "Did you mean anthropic?" in capsys.readouterr().err


def test_offers_are_said_in_three_ways() -> None:
    assert [offer.value for offer in Offer] == ["yes", "on request", "no"]
