"""Every act of a runbook keeps what it changes, names only what the bundle or the project has, and is undone."""

import re
import tomllib
from dataclasses import replace
from functools import cache

import pytest
from ruamel.yaml import YAML

from maquette.foundation.expression import FactValue
from maquette.foundation.shipped import shipped
from tests import bundle_world as world
from tests.document_world import SCENARIOS, scenario_inputs, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE
from tests.serving_world import open_inputs

CASES = (*SCENARIOS, "whole", "open")
COPY = re.compile(r"gateway/config\.before-([\w-]+)\.yaml")


@cache
def texts_of(case: str) -> dict[str, str]:
    """The files of a scenario or of one of the other bundles."""
    if case in SCENARIOS:
        return scenario_texts(case)
    return world.texts(world.inputs() if case == "whole" else open_inputs())


@cache
def catalogue() -> frozenset[str]:
    """The names of the runbooks."""
    data = tomllib.loads(shipped("templates", "runbooks", "template.toml").read_text(encoding="utf-8"))
    return frozenset(one["file"] for one in data["constants"]["catalogue"])


def parts(case: str) -> dict[tuple[str, str], str]:
    """File and failure to the text of one runbook; the shared file has several."""
    found = {}
    for path, text in texts_of(case).items():
        if path.startswith("runbooks/"):
            several = re.split(r"^## (?=RB-)", text, flags=re.MULTILINE)
            for one in several[1:] or [text]:
                found[path, one.splitlines()[0]] = one
    return found


@pytest.mark.parametrize("case", CASES)
def test_a_runbook_that_changes_the_configuration_keeps_the_original_under_its_own_name(case: str) -> None:
    names: list[str] = []
    for where, text in parts(case).items():
        kept = set(COPY.findall(text))
        changes = re.findall(r"(?:sed -i|vi\}|git checkout).* gateway/config\.yaml", text)
        assert bool(kept) == bool(changes), where
        assert len(kept) <= 1, where
        names += kept
    assert len(names) == len(set(names))
    assert set(names) <= catalogue()
    assert names


@pytest.mark.parametrize("case", CASES)
def test_a_copy_is_never_overwritten_and_its_undo_names_the_same_file(case: str) -> None:
    for where, text in parts(case).items():
        for name in set(COPY.findall(text)):
            copy = f"gateway/config.before-{name}.yaml"
            assert not re.search(rf"cp (?!-n )\S+ {re.escape(copy)}", text), where
            assert f"cp -n gateway/config.yaml {copy}" in text, where
            assert f"`mv {copy} gateway/config.yaml && docker compose restart gateway`" in text, where


@pytest.mark.parametrize("case", CASES)
def test_commands_name_only_files_of_the_bundle_or_the_project(case: str) -> None:
    texts = texts_of(case)
    services = YAML(typ="safe").load(texts["compose.yaml"])["services"]
    for (path, _), text in parts(case).items():
        for name in re.findall(r"(?<![\w/-])(?:gateway|serving|monitoring)/[\w.-]+\.ya?ml", text):
            assert name in texts or COPY.fullmatch(name), (path, name)
        for name in re.findall(r"git (?:checkout|log)[^\n`]* -- ([^\n`;)]+)", text):
            assert set(name.split()) <= {"gateway/config.yaml", "gateway/", "compose.yaml"}, (path, name)
        for name in re.findall(r"docker (?:restart|stop|start|exec|logs) (\S+)", text):
            assert name in services, (path, name)
        assert "docker compose -p" not in text, path


def test_a_replica_is_started_with_the_compose_file_of_its_sizing() -> None:
    assert (
        "docker compose -f serving/primary.compose.yaml restart primary-model"
        in texts_of("open")["runbooks/replica-down.md"]
    )
    assert "this bundle does not start it" in texts_of(CLINIC)["runbooks/replica-down.md"]


def test_the_prompt_is_put_back_by_the_path_that_the_project_names() -> None:
    assert "the evaluation r-033 rests on prompts/main.j2 version 3" in texts_of(CODER)["runbooks/refusal-spike.md"]
    text = world.texts(replace(scenario_inputs(CODER), prompt="prompts/a b.j2"))["runbooks/refusal-spike.md"]
    assert """git checkout "$(git log -1 --format=%h -- 'prompts/a b.j2')~1" -- 'prompts/a b.j2'""" in text
    assert "`git checkout HEAD -- 'prompts/a b.j2'` in the project's folder" in text


@pytest.mark.parametrize(("how", "said"), [("kubernetes", True), ("vm", False)])
def test_a_system_that_compose_does_not_run_is_told_what_the_commands_are_for(how: FactValue, said: bool) -> None:
    texts = scenario_texts(HANDBOOK, ("infra.orchestrator", how))
    told = [path for path, text in texts.items() if "commands are for the Compose files of this bundle" in text]
    assert told == []  # the README says it once
    assert (f"Files for {how}: this bundle has Compose files only" in texts["README.md"]) is said


def test_each_failure_of_the_shared_runbook_is_verified_and_undone_in_a_line_each() -> None:
    shared = {head: text for (path, head), text in parts(HANDBOOK).items() if path.endswith("tickets.md")}
    assert len(shared) == 8
    for head, text in shared.items():
        acts = re.findall(r"^- Act: .+$", text, re.MULTILINE)
        assert acts, head
        assert len(re.findall(r"^- Verify: .+$", text, re.MULTILINE)) == 1, head
        assert len(re.findall(r"^- Undo: .+$", text, re.MULTILINE)) == 1, head


def test_only_a_number_with_a_source_is_a_limit_of_a_runbook() -> None:
    data = tomllib.loads(shipped("templates", "runbooks", "template.toml").read_text(encoding="utf-8"))
    for name, one in data["constants"]["limits"].items():
        assert one["value"] > 0, name
        assert len(one["source"].split()) >= 2, name
    assert "below 100 ms[ᵃ]" in texts_of(CODER)["runbooks/latency.md"]
    assert "50 are labelled[ᵃ]" in texts_of(TRIAGE)["runbooks/classifier-drift.md"]
    assert 1 - (6 / 7) ** 20 > 0.95  # what the sources of the two samples say
    assert 1 - (16 / 17) ** 50 > 0.95


def test_the_gateway_s_callers_are_at_fault_for_the_same_statuses_in_alerts_and_objectives() -> None:
    down = texts_of(TRIAGE)["monitoring/alerts.yml"]
    wrong = ",".join(f'exception_status!="{status}"' for status in (400, 413, 422))
    assert f'{{{wrong},exception_status!="429"}}' in down.replace('\\"', '"')
    assert f'{wrong},exception_status!~"40[134]"' in down.replace('\\"', '"')
