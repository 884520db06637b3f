"""What Prometheus itself says of the files: they are read without a complaint, and the alerts fire when they should."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.document_world import SCENARIOS, scenario_texts
from tests.rule_world import HANDBOOK, TRIAGE

PROMTOOL = shutil.which("promtool")
pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="promtool (Prometheus) is not installed")


def promtool(folder: Path, *arguments: str) -> str:
    """What promtool prints; it must find no fault."""
    found = subprocess.run(
        [str(PROMTOOL), *arguments], cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def written(folder: Path, scenario: str) -> Path:
    """The scenario's monitoring files, with the places of the container moved into the folder."""
    for path, text in scenario_texts(scenario).items():
        if path.startswith("monitoring/"):
            target = folder / path.removeprefix("monitoring/")
            target.parent.mkdir(parents=True, exist_ok=True)
            moved = text.replace("/etc/prometheus/", f"{folder}/").replace("/run/secrets/", f"{folder}/")
            target.write_text(moved, encoding="utf-8")
    (folder / "gateway_key").write_text("sk-any", encoding="utf-8")
    return folder


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_prometheus_reads_rules_and_configuration(scenario: str, tmp_path: Path) -> None:
    folder = written(tmp_path, scenario)
    count = scenario_texts(scenario)["monitoring/alerts.yml"].count("- alert:")
    assert f"SUCCESS: {count} rules found" in promtool(folder, "check", "rules", "--lint-fatal", "alerts.yml")
    if scenario == HANDBOOK:  # its complexity budget is minimal: the gateway exports, no Prometheus stands beside it
        assert not (folder / "prometheus.yml").exists()
    else:
        assert "SUCCESS" in promtool(folder, "check", "config", "--lint-fatal", "prometheus.yml")


LATENCY = "litellm_request_total_latency_metric_bucket"


def alert(name: str, minute: str, *labels: dict[str, str]) -> dict[str, object]:
    """What promtool expects of an alert at that minute: with those labels, or silence."""
    book = next(
        rule
        for group in YAML(typ="safe").load(scenario_texts(TRIAGE)["monitoring/alerts.yml"])["groups"]
        for rule in group["rules"]
        if rule["alert"] == name
    )
    return {
        "eval_time": minute,
        "alertname": name,
        "exp_alerts": [{"exp_labels": one, "exp_annotations": book["annotations"]} for one in labels],
    }


def series(name: str, values: str) -> dict[str, str]:
    return {"series": name, "values": values}


BUDGET = {
    "name": "half, soft and hard limit at the gateway's own count",
    "interval": "6h",
    # 21 USD an hour: 7,560 in 15 days and 15,120 in 30.
    "input_series": [series('litellm_spend_metric_total{api_key_alias="shop"}', "0+126x140")],
    "alert_rule_test": [
        alert("LLMBudgetHalf", "300h"),
        alert("LLMBudgetHalf", "402h", {"severity": "ticket", "failure": "RB-10"}),
        alert("LLMBudgetSoft", "498h"),
        alert("LLMBudgetSoft", "624h", {"severity": "ticket", "failure": "RB-10"}),
        alert("LLMBudgetHard", "624h"),
        alert("LLMBudgetHard", "762h", {"severity": "page", "failure": "RB-11"}),
    ],
}
SLOW = {
    "name": "one answer in ten takes longer than a second, then none",
    "interval": "1m",
    "input_series": [
        series(f'{LATENCY}{{job="gateway",le="0.5"}}', "0+50x60 3100+100x60"),
        series(f'{LATENCY}{{job="gateway",le="1"}}', "0+90x60 5500+100x60"),
        series(f'{LATENCY}{{job="gateway",le="+Inf"}}', "0+100x60 6100+100x60"),
    ],
    "alert_rule_test": [
        alert("LLMLatencyBurn", "3m"),
        alert("LLMLatencyBurn", "50m", {"severity": "page", "failure": "RB-03"}),
        alert("LLMLatencyBurn", "110m"),
    ],
}
ASKED = 'litellm_proxy_total_requests_metric_total{job="gateway",api_key_alias="shop"}'
FAILED = 'litellm_proxy_failed_requests_metric_total{job="gateway",api_key_alias="shop",exception_status="500"}'
BURNING = {
    "name": "one request in a hundred fails from the second hour on",
    "interval": "2m",
    "input_series": [series(ASKED, "0+400x190"), series(FAILED, "0x30 0+4x160")],
    "alert_rule_test": [
        alert("LLMErrorBudgetBurn", "50m"),
        alert(
            "LLMErrorBudgetBurn",
            "6h",
            {"severity": "page", "failure": "RB-04", "condition": "1"},
            {"severity": "page", "failure": "RB-04", "condition": "2"},
            {"severity": "ticket", "failure": "RB-04", "condition": "3"},
        ),
    ],
}
OWN_FAULT = {
    "name": "the caller's own mistakes burn nothing",
    "interval": "2m",
    "input_series": [series(ASKED, "0+400x100"), series(FAILED.replace('"500"', '"400"'), "0+200x100")],
    "alert_rule_test": [alert("LLMErrorBudgetBurn", "3h")],
}


@pytest.mark.parametrize("case", [BUDGET, SLOW, BURNING, OWN_FAULT], ids=lambda case: str(case["name"]))
def test_the_alerts_fire_when_they_should(case: dict[str, object], tmp_path: Path) -> None:
    folder = written(tmp_path, TRIAGE)
    tests = {"rule_files": ["alerts.yml"], "evaluation_interval": case["interval"], "tests": [case]}
    (folder / "tests.yml").write_text(json.dumps(tests), encoding="utf-8")
    assert "SUCCESS" in promtool(folder, "test", "rules", "tests.yml")
