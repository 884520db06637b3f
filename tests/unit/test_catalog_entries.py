"""Bad input in catalog files: every error at once, each with its line, and the entries that are right still count."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.adapters.model_files import read_layer
from maquette.catalog.cards import Capability
from maquette.catalog.licences import Commercial, Licence
from maquette.catalog.overlaying import CatalogLayer, Level
from maquette.catalog.price_keys import FRIENDLY, is_price_key

TODAY = date(2026, 11, 21)
HEAD = 'schema: 1\nsource: "Contract 2026-114"\nas_of: "2026-10-01"\nmodels:\n'
RIGHT = "  acme/right: {provider: acme, context_tok: 32768}\n"
MIT = Licence(id="mit", name="MIT License", commercial=Commercial.YES, clauses=(), source=None)


def layer_of(text: str, folder: Path) -> CatalogLayer:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return read_layer(path, level=Level.USER, name="own.yaml", licences=lambda: {"mit": MIT}, today=TODAY)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            "usd_per_mtok: {input: -0.08}",
            (
                "usd_per_mtok.input: a price of -0.08 is below zero. "
                "Write what is charged; leave the key out when unknown."
            ),
        ),
        (
            "usd_per_mtok: {input: cheap}",
            "usd_per_mtok.input: 'cheap' is not a number. Write a number such as 0.25.",
        ),
        (
            "usd_per_mtok: {input: $3}",
            "usd_per_mtok.input: '$3' is not a number. Write the figure alone, in USD.",
        ),
        (
            "usd_per_mtok: {input: .nan}",
            "usd_per_mtok.input: 'NaN' is not a number. Leave the key out when the figure is unknown.",
        ),
        (
            "usd_per_mtok: {input: true}",
            "usd_per_mtok.input: True is not a number. Write a number such as 0.25.",
        ),
        (
            "usd_per_mtok: {input: 0.0000025}",
            (
                "usd_per_mtok.input: 0.0000025 USD for a million tokens looks like a price for one token. "
                "Write it under prices, with the price map's key, or multiply it by a million."
            ),
        ),
        (
            "usd_per_mtok: {input: 20000}",
            "usd_per_mtok.input: 20000 USD for a million tokens is beyond all prices. Check the figure and its unit.",
        ),
        (
            "usd_per_mtok: {ouput: 3}",
            "usd_per_mtok.ouput: usd_per_mtok has no key 'ouput'. Did you mean output?",
        ),
        (
            "prices: {input_cost_per_token: 2.5}",
            (
                "prices.input_cost_per_token: 2.5 USD for one token looks like a price for a million tokens. "
                "Write it under usd_per_mtok as input."
            ),
        ),
        (
            "prices: {output_cost_per_token_above_200k_tokens: 2.5}",
            (
                "prices.output_cost_per_token_above_200k_tokens: 2.5 USD for one token looks like a price for a "
                "million tokens. Divide it by a million."
            ),
        ),
        (
            "prices: {output_cost_per_image: 400}",
            "prices.output_cost_per_image: 400 USD for one unit is beyond all prices. Check the figure and its unit.",
        ),
        (
            "prices: {input_cost_per_tokn: 0.1}",
            (
                "prices.input_cost_per_tokn: 'input_cost_per_tokn' is no key of the price map. "
                "Did you mean input_cost_per_token?"
            ),
        ),
        (
            "capabilities: {visoin: true}",
            "capabilities.visoin: 'visoin' is no capability. Did you mean vision?",
        ),
        (
            "capabilities: {vision: maybe}",
            (
                "capabilities.vision: 'maybe' is neither true nor false. "
                "Write true or false; leave the key out when nobody says."
            ),
        ),
        ("mode: chatt", "mode: 'chatt' is no mode. Did you mean chat?"),
        ("hosting: cloud", "hosting: 'cloud' is unknown here. Use one of api, open_weights."),
        ("contxt_tok: 3", "contxt_tok: a model has no key 'contxt_tok'. Did you mean context_tok?"),
        (
            "context_tok: 128",
            (
                "context_tok: 128 tokens of context look like thousands of tokens. Write 128000 for 128 thousand. "
                "A model that does take so little needs its mode above it, such as embedding."
            ),
        ),
        (
            "context_tok: 128k",
            (
                "context_tok: '128k' is not a whole number. "
                "Write a whole number without quotes or letters: 128000, not 128k."
            ),
        ),
        (
            "max_output_tok: 8",
            "max_output_tok: 8 tokens of output look like thousands of tokens. Write 8000 for 8 thousand.",
        ),
        (
            "claims: [{benchmark: MMLU, value: 81}]",
            (
                "claims.0.value: 81 is above one, and a score is a fraction of one; it looks like a percentage. "
                "Write 0.81."
            ),
        ),
        ("claims: [{value: 0.8}]", "claims.0.benchmark: benchmark is missing. Add benchmark:."),
        (
            "as_of: 2027-01-01",
            "as_of: 2027-01-01 lies in the future. Write the day on which the source was read.",
        ),
        ("retires_on: 20270131", "retires_on: 20270131 is not a day. Write a day of the calendar as 2026-11-20."),
        ("retires_on: 2027-02-30", "retires_on: '2027-02-30' is not a day. Write a day of the calendar as 2026-11-20."),
        ("regions: eu", "regions: 'eu' is not a list. Write it in brackets, or one entry a line behind a dash."),
        ("weights: {layrs: 3}", "weights.layrs: weights has no key 'layrs'. Did you mean layers?"),
        (
            "weights: {cache: [{kind: ful, layers: 2}]}",
            "weights.cache.0.kind: 'ful' is unknown here. Did you mean full?",
        ),
        ("provider:", None),
        ("", ": there is nothing behind the colon. Put its keys below it."),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_do(entry: str, message: str | None, tmp_path: Path) -> None:
    layer = layer_of(f"{HEAD}{RIGHT}  acme/wrong:\n    {entry}\n", tmp_path)
    line = 6 if not entry else 7
    if message is None:
        assert layer.problems == ()
        return
    separator = "" if message.startswith(":") else "."
    assert [str(problem) for problem in layer.problems] == [f"own.yaml:{line}, models.acme/wrong{separator}{message}"]
    assert list(layer.models) == ["acme/right"]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        f"{HEAD}{RIGHT}"
        "  acme/a:\n    mode: chatt\n    usd_per_mtok: {input: -1, ouput: 2}\n"
        "  acme/b:\n    prices:\n      input_cost_per_tokn: 1\n      output_cost_per_token: 10\n"
        "modles: {}\n"
    )
    layer = layer_of(text, tmp_path)
    assert [(problem.place.line, problem.place.field) for problem in layer.problems] == [
        (7, "models.acme/a.mode"),
        (8, "models.acme/a.usd_per_mtok.input"),
        (8, "models.acme/a.usd_per_mtok.ouput"),
        (11, "models.acme/b.prices.input_cost_per_tokn"),
        (12, "models.acme/b.prices.output_cost_per_token"),
        (13, "modles"),
    ]
    assert str(layer.problems[-1]) == "own.yaml:13, modles: the file has no key 'modles'. Did you mean models?"
    assert list(layer.models) == ["acme/right"]


def test_a_model_that_stands_twice_is_told_with_both_lines_and_the_first_counts(tmp_path: Path) -> None:
    layer = layer_of(f"{HEAD}  a: {{provider: x}}\n  b: {{provider: y}}\n  a: {{provider: z}}\n", tmp_path)
    assert [str(problem) for problem in layer.problems] == [
        (
            "own.yaml:7, models.a: the key 'a' stands there twice, first on line 5. "
            "Put both together, or give one another name."
        )
    ]
    assert {name: saying.provider for name, saying in layer.models.items()} == {"a": "x", "b": "y"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "own.yaml: the file is empty. Begin with schema: 1, then models: with an entry for each."),
        ("3", "own.yaml: the file holds no keys. Begin with schema: 1, then models: with an entry for each."),
        ("models: {}", "own.yaml: the file does not say its form. Write schema: 1 on its first line."),
        (
            "schema: 2",
            (
                "own.yaml:1, schema: the file's form is version 2, and this maquette reads version 1. "
                "Install the newest maquette."
            ),
        ),
        (
            "schema: one",
            "own.yaml:1, schema: the file's form is version 'one', and this maquette reads version 1. Write schema: 1.",
        ),
        (
            "schema: 1\nmodels: []",
            (
                "own.yaml:2, models: a list is not a section of models. "
                "Write each model's id as a key, with what is said of it below."
            ),
        ),
        (
            "schema: 1\nas_of: 2026-10-01\nmodels: {a: {provider: x}}",
            "own.yaml:3, models.a: the entry names no source. Write source: in it or above models:.",
        ),
        (
            "schema: 1\nsource: s\nmodels: {a: {provider: x}}",
            (
                "own.yaml:3, models.a: the entry names no day on which its source was read. "
                "Write as_of: in it or above models:."
            ),
        ),
        (
            "schema: 1\nsource: s\nas_of: 2027-10-01\nmodels: {a: {provider: x}}",
            "own.yaml:3, as_of: 2027-10-01 lies in the future. Write the day on which the source was read.",
        ),
        (
            "a: [1,",
            (
                "own.yaml:1: the file is not YAML: expected the node content, but found '<stream end>'. "
                "Mend the line that is named."
            ),
        ),
        (
            "schema: 1\ngpus:\n- {name: X1, memory_gb: 81920}",
            "own.yaml:3, gpus.0: 81920 GB is no size of memory; if it is in MB, write 80. Correct the figure.",
        ),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_says_one_thing(text: str, message: str, tmp_path: Path) -> None:
    assert [str(problem) for problem in layer_of(text, tmp_path).problems] == [message]


def test_prices_are_exact_however_they_are_written(tmp_path: Path) -> None:
    text = f"{HEAD}  a: {{usd_per_mtok: {{input: 0.1000000000000000055, output: '0.40', batch_input: 1}}}}\n"
    saying = layer_of(text, tmp_path).models["a"]
    assert saying.usd_per_unit == {
        "input_cost_per_token": Decimal("0.0000001000000000000000055"),
        "output_cost_per_token": Decimal("0.0000004"),
        "input_cost_per_token_batches": Decimal("0.000001"),
    }


def test_an_entry_says_what_it_says_from_the_cache_as_well(tmp_path: Path) -> None:
    text = (
        f"{HEAD}  a:\n    provider: acme\n    zero_retention: true\n    baa: false\n    regions: [EU]\n"
        "    retires_on: 2020-01-31\n"
        "    claims: [{benchmark: MMLU, value: '0.81', source: a page, as_of: 2026-09-01}]\n"
        "    weights: {layers: 3, cache: [{kind: full, layers: 3, heads: 2, key_dim: 64, value_dim: 64}]}\n"
        "    licence: {id: mit}\n"
    )
    fresh = layer_of(text, tmp_path).models["a"]
    other = tmp_path / "again"
    other.mkdir()
    kept = layer_of(text, other).models["a"]
    assert kept == fresh
    assert fresh.capabilities == {Capability.ZERO_RETENTION: True, Capability.BAA: False}
    assert fresh.regions == ("eu",)
    assert fresh.retires_on == date(2020, 1, 31)
    assert str(fresh.claims[0].source) == "claimed: a page (2026-09-01)"
    assert fresh.weights is not None
    assert fresh.weights.terms == MIT
    assert fresh.weights.kv_bytes(1000) == 1000 * 3 * 2 * 128 * 2


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    first = layer_of(f"{HEAD}  a: {{provider: acme}}\n", tmp_path)
    path = tmp_path / "own.yaml"
    again = read_layer(path, level=Level.USER, name="own.yaml", licences=dict, today=TODAY)
    assert again is first
    changed = layer_of(f"{HEAD}  a: {{provider: other}}\n", tmp_path)
    assert changed.models["a"].provider == "other"
    assert changed.digest != first.digest


def test_the_digest_is_of_what_is_said_and_not_of_how_it_is_written(tmp_path: Path) -> None:
    first = layer_of(f"{HEAD}  a: {{provider: acme, context_tok: 32768}}\n", tmp_path)
    other = layer_of(f"# a remark\n{HEAD}  a:\n    provider: 'acme'\n    context_tok: 32_768\n", tmp_path)
    assert other.digest == first.digest
    assert layer_of("schema: 1\n", tmp_path).digest == ""


def test_a_tampered_cache_does_not_hide_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    text = f"{HEAD}  a: {{provider: acme}}\n"
    layer_of(text, tmp_path)
    for kept in (tmp_path / "cache" / "maquette" / "catalog-files").iterdir():
        kept.write_text('{"models": {"a": {"source": 3}}}')
    (tmp_path / "own.yaml").unlink()
    assert layer_of(text, tmp_path).models["a"].provider == "acme"


def test_a_file_of_eight_megabytes_is_no_catalog_file(tmp_path: Path) -> None:
    layer = layer_of("#" * 8_000_001, tmp_path)
    assert [problem.what for problem in layer.problems] == [
        "the file has 8,000,001 bytes, which is no catalog file's size"
    ]


def test_every_friendly_name_stands_for_a_key_of_the_price_map() -> None:
    assert [name for name, key in FRIENDLY.items() if not is_price_key(key)] == []
    assert not is_price_key("input_cost_per_tokens")
