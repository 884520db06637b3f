"""Own knowledge over what ships: plug-ins, then the user, then the project; every changed value knows its source."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.catalog.cards import Capability, Catalog, Hosting, Mode, ModelCard, QualityClaim
from maquette.catalog.overlaying import CatalogLayer, Level, ModelSaying, field_value, overlay
from maquette.catalog.prices import PriceTable, Usage
from maquette.catalog.quoting import quote
from maquette.catalogs import load_accelerators, load_catalog, load_hosts
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.user_folders import config_folder
from maquette.wiring import Project, new_project

MAP = Source(kind=SourceKind.CLAIMED, ref="the map", as_of=date(2026, 11, 20))
CONTRACT = Source(kind=SourceKind.CLAIMED, ref="the contract", as_of=date(2026, 10, 1))
CARD = ModelCard(
    id="m",
    provider="acme",
    hosting=Hosting.API,
    source=MAP,
    context_tok=1000,
    capabilities={Capability.VISION: True},
    price=PriceTable(
        usd_per_unit={"input_cost_per_token": Decimal("2e-6"), "output_cost_per_token": Decimal("8e-6")}, source=MAP
    ),
)
OWN = """
schema: 1
source: "Contract 2026-114"
as_of: "2026-10-01"
models:
  gpt-6-luna:
    usd_per_mtok: {input: "0.08"}
    zero_retention: true
  acme/private-7b: {provider: acme, context_tok: 32768}
"""


def layer(level: Level, _file: str = "own.yaml", /, **models: ModelSaying) -> CatalogLayer:
    return CatalogLayer(level=level, file=_file, models=models, digest=f"{level}{_file}{sorted(models)}")


def test_a_contract_price_replaces_one_key_and_keeps_its_source() -> None:
    saying = ModelSaying(source=CONTRACT, usd_per_unit={"input_cost_per_token": Decimal("1e-6")})
    card = overlay({"m": CARD}, [layer(Level.USER, m=saying)]).cards["m"]
    assert card.price is not None
    assert card.price.usd_per_unit == {
        "input_cost_per_token": Decimal("1e-6"),
        "output_cost_per_token": Decimal("8e-6"),
    }
    assert card.price.source == MAP
    assert card.price.overridden == {"input_cost_per_token": CONTRACT}
    assert quote(card.price, Usage(input_tok=1000, output_tok=1000)).total_usd == Decimal("0.009")


def test_what_is_said_replaces_and_the_rest_stays() -> None:
    saying = ModelSaying(
        source=CONTRACT, capabilities={Capability.ZERO_RETENTION: True}, retires_on=date(2027, 1, 31), regions=("eu",)
    )
    card = overlay({"m": CARD}, [layer(Level.USER, m=saying)]).cards["m"]
    expected = replace(
        CARD,
        capabilities={Capability.VISION: True, Capability.ZERO_RETENTION: True},
        retires_on=date(2027, 1, 31),
        regions=("eu",),
        sources={"regions": CONTRACT, "retires_on": CONTRACT, "capabilities.zdr": CONTRACT},
    )
    assert card == expected


def test_the_project_wins_over_the_user_and_the_user_over_a_plug_in() -> None:
    def context(tokens: int) -> ModelSaying:
        return ModelSaying(source=CONTRACT, context_tok=tokens)

    layers = [
        layer(Level.PROJECT, "p.yaml", m=context(3000)),
        layer(Level.PLUG_IN, "q.yaml", m=context(1000)),
        layer(Level.USER, "u.yaml", m=context(2000)),
    ]
    assert overlay({"m": CARD}, layers).cards["m"].context_tok == 3000
    assert overlay({"m": CARD}, layers[1:]).cards["m"].context_tok == 2000


def test_a_new_model_needs_a_provider_and_an_unknown_id_is_told_with_the_nearest() -> None:
    said = {"new": ModelSaying(source=CONTRACT, provider="x"), "gpt-6-lunna": ModelSaying(source=CONTRACT)}
    own = CatalogLayer(level=Level.USER, file="own.yaml", models=said)
    found = overlay({"m": CARD, "gpt-6-luna": replace(CARD, id="gpt-6-luna")}, [own])
    assert found.cards["new"] == ModelCard(id="new", provider="x", hosting=Hosting.API, source=CONTRACT, mode=Mode.CHAT)
    assert [str(problem) for problem in found.problems] == [
        (
            "own.yaml, models.gpt-6-lunna: no model of the catalog has the id 'gpt-6-lunna', and a model of your own "
            "needs its provider. Did you mean gpt-6-luna? Otherwise add provider:."
        )
    ]
    assert [(change.model, change.new) for change in found.changes] == [("new", True)]


def test_two_files_of_one_level_that_speak_of_one_model_are_told_and_the_first_counts() -> None:
    layers = [
        layer(Level.USER, "a.yaml", m=ModelSaying(source=CONTRACT, context_tok=2000)),
        layer(Level.USER, "b.yaml", m=ModelSaying(source=CONTRACT, context_tok=3000)),
    ]
    found = overlay({"m": CARD}, layers)
    assert found.cards["m"].context_tok == 2000
    assert [str(problem) for problem in found.problems] == [
        "b.yaml, models.m: 'm' stands in a.yaml too, which counts. Put both entries together, or take one out."
    ]


def test_a_claim_takes_the_place_of_one_on_the_same_benchmark() -> None:
    def claim(name: str, value: str, source: Source) -> QualityClaim:
        return QualityClaim(benchmark=name, value=Decimal(value), source=source)

    card = replace(CARD, claims=(claim("A", "0.5", MAP), claim("B", "0.6", MAP)))
    saying = ModelSaying(source=CONTRACT, claims=(claim("A", "0.7", CONTRACT),))
    assert overlay({"m": card}, [layer(Level.USER, m=saying)]).cards["m"].claims == (
        claim("B", "0.6", MAP),
        claim("A", "0.7", CONTRACT),
    )


def test_the_values_of_a_change_can_be_looked_up_by_their_names() -> None:
    assert field_value(CARD, "prices.input_cost_per_token") == Decimal("2e-6")
    assert field_value(CARD, "capabilities.vision") is True
    assert field_value(CARD, "capabilities.tools") is None
    assert field_value(CARD, "context_tok") == 1000
    assert field_value(CARD, "regions") is None
    assert field_value(None, "context_tok") is None


@pytest.fixture
def users_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """Writes a catalog file into a user's configuration folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def write(text: str) -> Path:
        path = config_folder() / "catalog" / "own.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_users_file_is_in_force_as_soon_as_it_is_written(users_file: Callable[[str], Path]) -> None:
    before = load_catalog()
    path = users_file(OWN)
    after = load_catalog()
    assert after.cards["acme/private-7b"].context_tok == 32768
    assert after.cards["gpt-6-luna"].can(Capability.ZERO_RETENTION) is True
    assert after.fingerprint != before.fingerprint
    assert after.problems == ()
    path.unlink()
    assert load_catalog().fingerprint == before.fingerprint


def test_an_own_measurement_stands_before_what_is_published(users_file: Callable[[str], Path]) -> None:
    score = '{benchmark: our tickets, value: "0.81", source: report 7, as_of: "2026-09-01"}'
    users_file(f"{OWN}  open/qwen3-8b:\n    measured: [{score}]\n")
    first = load_catalog().cards["open/qwen3-8b"].claims[0]
    assert (first.benchmark, first.value) == ("our tickets", Decimal("0.81"))
    assert first.source == Source(kind=SourceKind.MEASURED, ref="report 7", as_of=date(2026, 9, 1))


def test_an_unchanged_catalog_is_the_same_values_again(users_file: Callable[[str], Path]) -> None:
    users_file(OWN)
    assert load_catalog().cards is load_catalog().cards


def test_a_broken_entry_is_told_with_its_line_and_the_rest_works(users_file: Callable[[str], Path]) -> None:
    path = users_file(OWN + "  acme/wrong: {mode: chatt}\n  gpt-6-lun: {regions: [eu]}\n")
    found: Catalog = load_catalog()
    assert [(problem.place.file, problem.place.line) for problem in found.problems] == [
        (str(path), 10),
        (str(path), 11),
    ]
    assert "acme/private-7b" in found.cards
    assert "acme/wrong" not in found.cards


def test_a_project_with_a_broken_catalog_opens_and_says_so(tmp_path: Path) -> None:
    new_project(tmp_path / "p")
    (tmp_path / "p" / "catalog.yaml").write_text("models: [", encoding="utf-8")
    (tmp_path / "p" / "catalog").mkdir()
    (tmp_path / "p" / "catalog" / "more.yaml").write_text(OWN, encoding="utf-8")
    view = Project.open(tmp_path / "p").view
    assert [problem.place.file for problem in view.catalog.problems] == ["catalog.yaml"]
    assert "acme/private-7b" in view.catalog.cards
    assert view.shortlist.catalog_size > 4000
    assert "acme/private-7b" not in load_catalog().cards


def test_own_machines_join_those_that_ship(tmp_path: Path) -> None:
    (tmp_path / "catalog.yaml").write_text(
        "schema: 1\nsource: our rack\nas_of: 2026-10-01\n"
        "gpus:\n- {name: X1, memory_gb: 16}\n- {name: T4, memory_gb: 17}\n"
        "hosts:\n- {name: ours, vcpus: 8, memory_gib: 32, usd_per_hour: '0.10'}\n",
        encoding="utf-8",
    )
    ours, ships = load_accelerators(tmp_path), load_accelerators()
    assert [gpu.name for gpu in ours] == [*(gpu.name for gpu in ships), "X1"]
    assert str(ours[-1].source) == "claimed: our rack (2026-10-01)"
    assert next(gpu.memory_gb for gpu in ours if gpu.name == "T4") == 17
    assert load_hosts(tmp_path)[:-1] == load_hosts()
    assert load_hosts(tmp_path)[-1].usd_per_hour == Decimal("0.10")


def install(folder: Path, name: str, target: str, code: str, data: str = OWN) -> None:
    """A distribution with one package, one catalog file and one entry point, as an installer leaves it."""
    package = folder / name
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(textwrap.dedent(code))
    (package / "models.yaml").write_text(data)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[maquette.catalogs]\n{name} = {target}\n")


def seen_by_a_fresh_process(folder: Path, asked: str) -> str:
    """What a process that has ``folder`` on its path prints."""
    code = f"from maquette.catalogs import load_catalog; c = load_catalog(); print({asked})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("house_models", ""),
        ("house_models:files", "from pathlib import Path\ndef files(): return [Path(__file__).parent / 'models.yaml']"),
        ("house_models:folder", "from pathlib import Path\ndef folder(): return str(Path(__file__).parent)"),
    ],
    ids=["module", "files", "folder"],
)
def test_an_installed_plug_in_brings_its_files(target: str, code: str, tmp_path: Path) -> None:
    asked = "c.cards['acme/private-7b'].source, c.problems"
    assert "acme/private-7b" not in load_catalog().cards
    install(tmp_path, "house_models", target, code)
    seen = seen_by_a_fresh_process(tmp_path, asked)
    assert seen == "claimed: Contract 2026-114 (2026-10-01) ()"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def files(): raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("def files(): return 3", "TypeError: 'int' object is not iterable"),
    ],
)
def test_a_plug_in_that_fails_is_one_problem_and_the_rest_works(code: str, why: str, tmp_path: Path) -> None:
    install(tmp_path, "house_models", "house_models:files", code)
    seen = seen_by_a_fresh_process(tmp_path, "len(c.cards) > 4000, *map(str, c.problems)")
    assert seen == (
        f"True house_models:files: the catalog plug-in 'house_models' cannot be read: {why}. "
        "Install it again, or take it out; the rest of the catalog is in force."
    )


def test_a_wrong_entry_of_a_plug_in_is_told_under_the_plug_ins_name(tmp_path: Path) -> None:
    install(tmp_path, "house_models", "house_models", "", data=OWN + "  acme/wrong: {mode: chatt}\n")
    seen = seen_by_a_fresh_process(tmp_path, "*map(str, c.problems)")
    assert seen == "house_models/models.yaml:10, models.acme/wrong.mode: 'chatt' is no mode. Did you mean chat?"
