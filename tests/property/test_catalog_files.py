"""Whatever a catalog file holds, reading it gives entries or problems with a place and a fix, and nothing else."""

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.adapters.model_files import read_layer
from maquette.catalog.cards import Capability, Hosting, Mode, ModelCard
from maquette.catalog.changes import CatalogChanges, compare
from maquette.catalog.entries import ModelEntry
from maquette.catalog.overlaying import CatalogLayer, Level, overlay
from maquette.catalog.price_keys import FRIENDLY
from maquette.catalogs import load_catalog
from maquette.foundation.problems import InvalidInput
from maquette.foundation.sources import Source, SourceKind

FOLDER = Path(tempfile.mkdtemp(prefix="maquette-property-"))
TODAY = date(2026, 11, 21)
CARDS = {
    "gpt-6-luna": ModelCard(
        id="gpt-6-luna",
        provider="openai",
        hosting=Hosting.API,
        source=Source(kind=SourceKind.CLAIMED, ref="the map", as_of=TODAY),
    )
}

FRAGMENTS = (
    *("schema: 1\n", "models:\n", "  a: ", "prices", "&x ", "*x", "<<: ", "!!float ", "!!map ", "? ", "---\n", "- "),
    *("{", "}", "[", "]", ": ", "\n", "\t", "0x", "1e9", "'", '"', "|", ">", "%", "~"),
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["0.08", "-1", "1e400", "2026-10-01", "2027-01-01", "eu", "128k", "$3", "{", "*a", "1e-400"])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)


def below(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names), values, max_size=4)


entries = (
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(ModelEntry.model_fields, values),
            "usd_per_mtok": below(list(FRIENDLY)) | values,
            "prices": below([*FRIENDLY.values(), "input_cost_per_tokn"]) | values,
            "capabilities": below([one.value for one in Capability]) | values,
            "mode": st.sampled_from([one.value for one in Mode]) | values,
            "weights": below(["params_b", "layers", "cache", "parts", "layrs"]) | values,
            "licence": below(["id", "commercial", "clauses"]) | values,
            "claims": st.lists(below(["benchmark", "value", "source", "as_of"]), max_size=3) | values,
        },
    )
    | values
)
machines = st.lists(below(["name", "memory_gb", "prices", "vcpus", "memory_gib", "usd_per_hour"]), max_size=3) | values
files = st.fixed_dictionaries(
    {"schema": st.sampled_from([1, 1, 1, 2, "1", True, None])},
    optional={
        "source": st.just("a contract") | values,
        "as_of": st.just("2026-10-01") | values,
        "models": st.dictionaries(st.sampled_from(["gpt-6-luna", "acme/a", "acme/b"]) | st.text(), entries) | values,
        "gpus": machines,
        "hosts": machines,
        "modles": values,
    },
)


def read(content: bytes) -> CatalogLayer:
    path = FOLDER / "own.yaml"
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    return read_layer(path, level=Level.USER, name="own.yaml", licences=dict, today=TODAY)


def judged(layer: CatalogLayer) -> None:
    """Everything a reader must be able to rely on."""
    found = overlay(CARDS, [layer])
    for problem in found.problems:
        assert isinstance(problem, InvalidInput)
        assert problem.place.file == "own.yaml"
        assert problem.what
        assert problem.fix.endswith((".", "?"))
        assert "Input should" not in str(problem)
        assert "Value error" not in str(problem)
    for name, card in found.cards.items():
        assert card.id == name
        assert card.provider
        assert all(price >= 0 for price in (card.price.usd_per_unit.values() if card.price else ()))


@settings(max_examples=150)
@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_give_entries_or_problems(content: bytes) -> None:
    judged(read(content))


@settings(max_examples=150)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25))
def test_any_yaml_gives_entries_or_problems(parts: list[str]) -> None:
    judged(read("".join(parts).encode()))


@settings(max_examples=300)
@given(files)
def test_any_data_gives_entries_or_problems(data: dict[str, Any]) -> None:
    judged(read(json.dumps(data).encode()))


@given(st.dictionaries(st.sampled_from(["gpt-6-luna", "acme/a", "acme/b"]), st.integers(1000, 10**7), min_size=1))
def test_a_right_entry_counts_whatever_stands_beside_it(contexts: dict[str, int]) -> None:
    right = {name: {"provider": "acme", "context_tok": tokens} for name, tokens in contexts.items()}
    beside = {"wrong": {"mode": "chatt"}, "also wrong": 3}
    data = {"schema": 1, "source": "s", "as_of": "2026-10-01", "models": {**beside, **right}}
    found = overlay(CARDS, [read(json.dumps(data).encode())])
    assert {name: found.cards[name].context_tok for name in right} == contexts
    assert len(found.problems) == 2


@pytest.mark.parametrize("share", [1, 7])
def test_a_catalog_differs_from_none_of_its_copies(share: int) -> None:
    whole = load_catalog()
    part = {name: card for number, (name, card) in enumerate(whole.cards.items()) if number % share == 0}
    changes = compare(whole, type(whole)(cards=part, prices_as_of=whole.prices_as_of, snapshot_digest=""))
    assert changes == CatalogChanges(gone=tuple(sorted(whole.cards.keys() - part.keys())))
