"""`maquette catalog check` and `maquette catalog status` as a user runs them."""

import json
from pathlib import Path

from tests.refresh_world import CHANGED, Run


def test_a_check_of_a_right_file_says_what_it_adds_and_changes(maquette: Run, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "schema: 1\nsource: Contract 2026-114\nas_of: 2026-10-01\nmodels:\n"
        f"  {CHANGED}: {{usd_per_mtok: {{input: 0.08}}, zero_retention: true}}\n"
        "  acme/private-7b: {provider: acme, regions: [eu]}\n"
        "gpus:\n- {name: X1, memory_gb: 16}\n"
    )
    status, out, _ = maquette("catalog", "check", path, "--json")
    assert status == 0
    assert json.loads(out) == {
        "format": 1,
        "file": str(path),
        "models": [
            {
                "model": CHANGED,
                "new": False,
                "fields": [
                    {"field": "capabilities.zdr", "old": None, "new": "true"},
                    {"field": "prices.input_cost_per_token", "old": "0.0000001", "new": "0.00000008"},
                ],
            },
            {
                "model": "acme/private-7b",
                "new": True,
                "fields": [
                    {"field": "provider", "old": None, "new": "acme"},
                    {"field": "regions", "old": None, "new": "eu"},
                ],
            },
        ],
        "gpus": ["X1"],
        "hosts": [],
    }
    status, out, _ = maquette("catalog", "check", path)
    assert status == 0
    assert "1 new models, 1 changed, 1 machines." in out
    assert f"{CHANGED}       input_cost_per_token  USD/Mtok  0.1  0.08" in out


def test_a_file_of_the_project_is_compared_with_the_catalog_without_it(maquette: Run) -> None:
    Path("catalog.yaml").write_text(
        f"schema: 1\nsource: s\nas_of: 2026-10-01\nmodels:\n  {CHANGED}: {{context_tok: 5000}}\n"
    )
    _, out, _ = maquette("catalog", "check", "catalog.yaml", "--json")
    assert [field["old"] for field in json.loads(out)["models"][0]["fields"]] != ["5000"]


def test_a_check_of_a_wrong_file_tells_every_error_with_its_line(maquette: Run, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "schema: 1\nsource: s\nas_of: 2026-10-01\nmodels:\n"
        f"  {CHANGED}: {{usd_per_mtok: {{input: -1, ouput: 2}}}}\n  gpt-6-lun: {{regions: [eu]}}\n"
    )
    status, out, err = maquette("catalog", "check", path, "--json")
    assert (status, out) == (3, "")
    assert [(one["line"], one["field"]) for one in json.loads(err)["problems"]] == [
        (5, f"models.{CHANGED}.usd_per_mtok.input"),
        (5, f"models.{CHANGED}.usd_per_mtok.ouput"),
        (6, "models.gpt-6-lun"),
    ]
    assert maquette("catalog", "check", tmp_path / "gone.yaml")[0] == 4


def test_the_status_tells_ages_files_and_what_needs_a_look(maquette: Run) -> None:
    Path("catalog.yaml").write_text(
        "schema: 1\nsource: s\nas_of: 2020-10-01\nmodels:\n"
        f"  {CHANGED}: {{usd_per_mtok: {{input: 0.08}}}}\n"
        "  acme/gone: {provider: acme, retires_on: 2020-01-01}\n"
        "  acme/wrong: {mode: chatt}\n"
    )
    status, out, _ = maquette("catalog", "status", "--json")
    data = json.loads(out)
    assert status == 0
    assert data["prices"]["models"] == 4551
    assert data["files"] == [{"level": "project", "file": "catalog.yaml", "entries": 2, "adds": 1, "changes": 1}]
    assert [(one["file"], one["line"]) for one in data["problems"]] == [("catalog.yaml", 7)]
    assert data["retired"][0]["model"] == "acme/gone"
    assert data["retired"][0]["days_left"] < 0
    assert all(0 <= one["days_left"] <= 90 for one in data["retiring"])
    assert CHANGED in data["old_prices"]
    assert "acme/gone" in data["without_price"]
    assert {one["part"] for one in data["ages"]} >= {"open models", "dated prices", "accelerator prices"}

    status, out, _ = maquette("catalog", "status", "--plain")
    assert status == 0
    assert "level: project; file: catalog.yaml; entries: 2; adds: 1; changes: 1" in out
    assert "Problem: catalog.yaml:7: 'chatt' is no mode. Did you mean chat?" in out
