"""Roles and triples: every candidate exists, the first that is in service fills the place, and who is gone is told."""

import json
from datetime import date, timedelta

import pytest

from maquette.adapters.knowledge_files import load_providers, load_roles
from maquette.catalog.cards import Capability, Catalog, Hosting, Mode
from maquette.catalog.providers import Retired, retired_products
from maquette.catalog.quantisation import native_size
from maquette.catalog.role_classes import Rank, Resolution, Role, Triple, resolve, resolve_triple, role_named
from maquette.catalogs import load_catalog
from maquette.cli.main import run

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def gone() -> dict[str, Retired]:
    return retired_products(load_providers())


def role(name: str) -> Role:
    found = role_named(name, load_roles().roles)
    assert found is not None
    return found


def triple(task: str) -> Triple:
    return next(each for each in load_roles().triples if each.task == task)


def made(*candidates: str, asked: str | None = None, needs: tuple[Capability, ...] = ()) -> Role:
    return Role(name="a role", about="", candidates=candidates, asked=asked, needs=needs, source="a test", as_of=TODAY)


def test_every_candidate_is_in_the_catalog(catalog: Catalog) -> None:
    file = load_roles()
    named = {name for each in file.roles for name in each.candidates}
    named |= {name for each in file.triples for place in each.places.values() for name in place.candidates}

    assert named - catalog.cards.keys() == set()


def test_every_role_is_filled_today_by_a_model_that_fits(catalog: Catalog, gone: dict[str, Retired]) -> None:
    for each in load_roles().roles:
        card = resolve(each, catalog, TODAY, retired=gone).card
        assert card is not None, each.name
        assert card.mode is each.mode
        assert all(card.can(need) is True for need in each.needs)


def test_balanced_resolves_to_a_model_in_service_and_the_guidance_is_flagged(
    catalog: Catalog, gone: dict[str, Retired]
) -> None:
    found = resolve(role("balanced"), catalog, TODAY, retired=gone)

    assert found.card is not None
    assert found.card.retires_on is None or found.card.retires_on > TODAY
    assert found.asked is not None
    assert found.asked.gone
    assert found.asked.why == "retired on 2025-10-28; claude-sonnet-4-6 takes its place"


def test_self_host_resolves_to_open_weights_with_a_licence_and_the_memory_they_take(catalog: Catalog) -> None:
    card = resolve(role("self_host"), catalog, TODAY).card

    assert card is not None
    assert card.hosting is Hosting.OPEN_WEIGHTS
    assert card.weights is not None
    assert card.weights.licence
    size = native_size(card.weights)
    assert size is not None
    assert size.weight_bytes > 10**9


def test_multimodal_candidates_all_see(catalog: Catalog) -> None:
    assert {
        name: catalog.cards[name].can(Capability.VISION) for name in role("multimodal").candidates
    } == dict.fromkeys(role("multimodal").candidates, True)


def test_the_embedding_role_has_dimensions_a_price_and_a_limit(catalog: Catalog) -> None:
    card = resolve(role("embedding"), catalog, TODAY).card

    assert card is not None
    assert (card.id, card.mode) == ("text-embedding-3-small", Mode.EMBEDDING)
    assert (card.vector_dims, card.context_tok) == (1536, 8191)
    assert card.price is not None


@pytest.mark.parametrize(
    ("task", "asked"),
    [
        ("code generation", ("gpt-4-turbo", "claude-3-sonnet", "codellama-70b")),
        ("creative writing", ("claude-3-opus", "gpt-4", "claude-2")),
        ("data extraction", ("gpt-3.5-turbo", "claude-instant", "mixtral-8x7b")),
        ("analysis", ("claude-3-opus", "gpt-4-turbo", "gpt-3.5-turbo")),
    ],
)
def test_a_triple_resolves_to_models_in_service_and_flags_those_that_are_gone(
    task: str, asked: tuple[str, ...], catalog: Catalog, gone: dict[str, Retired]
) -> None:
    found = resolve_triple(triple(task), catalog, TODAY, retired=gone)

    assert tuple(found) == tuple(Rank)
    assert tuple(each.asked.id for each in found.values() if each.asked and each.asked.gone) == asked
    cards = [each.card for each in found.values() if each.card]
    assert len({card.id for card in cards}) == 3
    assert all(card.retires_on is None or card.retires_on >= TODAY for card in cards)


def test_a_candidate_past_its_last_day_is_passed_over_and_on_the_day_itself_it_is_not(catalog: Catalog) -> None:
    name = "claude-sonnet-4-5"
    last = catalog.cards[name].retires_on
    assert last is not None
    wanted = made(name, "claude-sonnet-5-5")

    on_the_day = resolve(wanted, catalog, last)
    after = resolve(wanted, catalog, last + timedelta(days=1))

    assert on_the_day.card is catalog.cards[name]
    assert after.card is catalog.cards["claude-sonnet-5-5"]
    assert [(out.id, out.why, out.gone) for out in after.skipped] == [(name, f"retired on {last.isoformat()}", True)]


def test_a_candidate_that_lacks_what_the_role_needs_is_passed_over(catalog: Catalog) -> None:
    found = resolve(made("deepseek/deepseek-v4-pro", "gpt-6.1-sol", needs=(Capability.VISION,)), catalog, TODAY)

    assert found.card is catalog.cards["gpt-6.1-sol"]
    assert found.skipped[0].why == "not known to be able to: vision"
    assert not found.skipped[0].gone


def test_a_role_that_nobody_can_fill_says_so(catalog: Catalog) -> None:
    found = resolve(made("nobody/nothing"), catalog, TODAY)

    assert found == Resolution(name="a role", card=None, asked=None, skipped=found.skipped)
    assert found.skipped[0].why == "the catalog has no model of this name"


def test_guidance_that_is_the_choice_itself_is_not_told_twice(catalog: Catalog) -> None:
    assert resolve(made("gpt-6.1-sol", asked="gpt-6.1-sol"), catalog, TODAY).asked is None
    older = resolve(made("gpt-6.1-sol", asked="gpt-6-sol"), catalog, TODAY).asked
    assert older is not None
    assert not older.gone


def test_the_command_gives_every_role_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalog", "roles", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)

    assert data["format"] == 1
    assert [each["name"] for each in data["roles"]] == [each.name for each in load_roles().roles]
    assert {each["task"]: list(each["places"]) for each in data["triples"]} == {
        each.task: ["primary", "fallback", "budget"] for each in load_roles().triples
    }


def test_the_table_says_what_bounds_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalog", "roles", "--plain"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert any("role: embedding" in line and "1536 dimensions; 8,191 tokens; $0.02" in line for line in lines)
    assert any("role: self_host" in line and "GB of weights" in line for line in lines)
