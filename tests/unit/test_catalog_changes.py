"""What differs between two catalogs, exactly; and the list of projects that are told of it."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.adapters import recent_projects
from maquette.catalog.cards import Catalog, Hosting, ModelCard
from maquette.catalog.changes import CatalogChanges, LimitChange, PriceChange, Retirement, compare
from maquette.catalog.prices import PriceTable
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.user_folders import data_folder
from maquette.wiring import Project, new_project

MAP = Source(kind=SourceKind.CLAIMED, ref="the map", as_of=date(2026, 11, 20))
CARD = ModelCard(id="m", provider="acme", hosting=Hosting.API, source=MAP, context_tok=1000)


def priced(card: ModelCard = CARD, **prices: str) -> ModelCard:
    return replace(
        card, price=PriceTable(usd_per_unit={key: Decimal(price) for key, price in prices.items()}, source=MAP)
    )


def catalog(*cards: ModelCard) -> Catalog:
    return Catalog(cards={card.id: card for card in cards}, prices_as_of=date(2026, 11, 20), snapshot_digest="")


def test_a_catalog_does_not_differ_from_itself() -> None:
    one = catalog(priced(input_cost_per_token="0.10"))
    assert compare(one, catalog(priced(input_cost_per_token="0.1"))) == CatalogChanges()
    assert not compare(one, one)


def test_models_that_come_and_go_are_named() -> None:
    changes = compare(catalog(replace(CARD, id="b"), replace(CARD, id="a")), catalog(replace(CARD, id="c")))
    assert (changes.new, changes.gone) == (("c",), ("a", "b"))


def test_a_price_differs_with_its_ratio_and_is_read_for_a_million_tokens() -> None:
    changes = compare(
        catalog(priced(input_cost_per_token="0.000001", output_cost_per_image="0.02")),
        catalog(priced(input_cost_per_token="0.0000015", output_cost_per_token="0.000004")),
    )
    up, gone, new = changes.prices
    assert up == PriceChange(model="m", key="input_cost_per_token", old=Decimal("0.000001"), new=Decimal("0.0000015"))
    assert (up.ratio, up.factor, up.unit) == (Decimal("1.5"), Decimal("1.5"), "USD/Mtok")
    assert (up.readable(up.old), up.readable(up.new)) == ("1", "1.5")
    assert (gone.key, gone.new, gone.ratio, gone.unit) == ("output_cost_per_image", None, None, "USD each")
    assert (gone.readable(gone.old), gone.readable(gone.new)) == ("0.02", "")
    assert (new.key, new.old, new.ratio) == ("output_cost_per_token", None, None)


def test_a_price_that_was_nothing_has_no_ratio() -> None:
    changes = compare(catalog(priced(input_cost_per_token="0")), catalog(priced(input_cost_per_token="0.000001")))
    assert [change.ratio for change in changes.prices] == [None]


def test_limits_and_last_days_differ() -> None:
    changes = compare(catalog(CARD), catalog(replace(CARD, context_tok=2000, retires_on=date(2027, 1, 31))))
    assert changes.limits == (LimitChange(model="m", field="context_tok", old=1000, new=2000),)
    assert changes.retirements == (Retirement(model="m", old=None, new=date(2027, 1, 31)),)
    assert compare(catalog(replace(CARD, retires_on=date(2027, 1, 31))), catalog(CARD)).retirements == ()


def test_the_changes_of_some_models_are_picked_out() -> None:
    other = replace(CARD, id="other")
    changes = compare(catalog(CARD, other), catalog(replace(CARD, context_tok=5), replace(CARD, id="new")))
    assert changes.of(["m"]) == CatalogChanges(limits=changes.limits)
    assert changes.of(["other", "new"]) == CatalogChanges(new=("new",), gone=("other",))
    assert not changes.of(["unknown"])


@pytest.fixture
def fresh_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The list of recent projects in a folder of its own, not yet there."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(recent_projects, "_seen", set())
    return data_folder() / "projects.json"


def test_an_opened_project_is_remembered_and_a_removed_one_is_forgotten(fresh_list: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        new_project(tmp_path / name)
        Project.open(tmp_path / name)
    assert recent_projects.recent() == (tmp_path / "b", tmp_path / "a")
    (tmp_path / "b" / "maquette.yaml").unlink()
    assert recent_projects.recent() == (tmp_path / "a",)
    assert json.loads(fresh_list.read_text())["format"] == 1


@pytest.mark.usefixtures("fresh_list")
def test_the_list_is_short(tmp_path: Path) -> None:
    for number in range(recent_projects.MOST + 5):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        (folder / "maquette.yaml").write_text("maquette: 1\n")
        recent_projects.remember(folder)
    assert len(recent_projects.recent()) == recent_projects.MOST
    assert recent_projects.recent()[0] == tmp_path / "54"


@pytest.mark.parametrize("content", ["", "[]", '{"projects": 3}', '{"projects": [3, null]}', "{"])
def test_a_broken_list_is_an_empty_one(content: str, fresh_list: Path, tmp_path: Path) -> None:
    fresh_list.parent.mkdir(parents=True)
    fresh_list.write_text(content)
    assert recent_projects.recent() == ()
    new_project(tmp_path / "a")
    Project.open(tmp_path / "a")
    assert recent_projects.recent() == (tmp_path / "a",)


def test_a_list_that_cannot_be_written_says_nothing(fresh_list: Path, tmp_path: Path) -> None:
    fresh_list.parent.parent.mkdir(parents=True)
    fresh_list.parent.write_text("no folder")
    new_project(tmp_path / "a")
    assert Project.open(tmp_path / "a").view.name == "a"
    assert recent_projects.recent() == ()
