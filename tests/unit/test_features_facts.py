"""Which word on a fact counts, where models run, what only people can be asked, and the days of a month."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.bundle.documents.contrasts import settled_values
from maquette.bundle.figures import FactSheet
from maquette.catalog.traffic import days_per_month, traffic_of
from maquette.cli.deciding.text import show_more
from maquette.cli.main import run
from maquette.cost.workload import Workload, workload
from maquette.decision.asking import open_questions
from maquette.decision.precedence import STATED, FactConflict, KnownFact, conflicts, settled
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import InvalidInput
from maquette.project.view import View
from maquette.requirements.answers import known_facts
from maquette.rules.judging import judge
from maquette.wiring import Project
from tests.cost_world import api
from tests.cost_world import project as projected
from tests.document_view_world import said, seen_of
from tests.document_world import STORIES, inputs_of
from tests.project_world import scenario_project
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE, question_book, rule_book, scenario

BOOK = question_book()
DECISION = "the decision in maquette.yaml"


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> tuple[View, Project]:
    """The shop's triage with its first plan stated, before it is decided; then decided, with a fallback elsewhere."""
    project = scenario_project(tmp_path_factory.mktemp("facts") / "p", "b")
    project.set_settings({"shortlist.chosen": ["gpt-6-luna", "claude-haiku-5-5"]})
    project.accept_cost()
    before = project.view
    project.decide(model="gpt-6-luna", fallback="claude-haiku-5-5", because="the cheapest that may pass")
    return before, project


@pytest.fixture(scope="module")
def planned(stages: tuple[View, Project]) -> View:
    return stages[0]


@pytest.fixture(scope="module")
def decided(stages: tuple[View, Project]) -> Project:
    return stages[1]


# -- where the models run ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hosting", "rules"),
    [
        (CLINIC, "self", ("R-SELF-01",)),
        (TRIAGE, "hybrid", ("R-SELF-09",)),
        (CODER, "api", ("R-SELF-08",)),
        (HANDBOOK, "api", ("R-SELF-02", "R-SELF-08")),
    ],
)
def test_each_architects_hosting_is_what_the_rules_decide_with_the_reason(
    name: str, hosting: str, rules: tuple[str, ...]
) -> None:
    slot = judge(rule_book(), scenario(name).facts).slots["hosting"]
    assert (slot.value, slot.conflict) == (hosting, False)
    assert slot.proposals[hosting] == rules


def test_a_model_of_ones_own_takes_the_place_of_the_api(planned: View) -> None:
    facts: dict[str, FactValue] = {
        "data.external_processing_allowed": True,
        "data.residency": "none",
        "infra.offline_required": False,
    }
    slots = [judge(rule_book(), {**facts, "cat.self_served": own}).slots["hosting"] for own in (False, True)]
    assert [(slot.value, dict(slot.proposals)) for slot in slots] == [
        ("api", {"api": ("R-SELF-08",)}),
        ("self", {"self": ("R-SELF-10",)}),
    ]
    assert planned.rule_facts["cat.self_served"] is False


def test_a_machine_that_is_cheaper_is_offered_beside_the_api() -> None:
    facts: dict[str, FactValue] = {
        "data.external_processing_allowed": True,
        "data.residency": "none",
        "infra.offline_required": False,
        "cost.api_monthly_usd": 50_000,
        "cost.gpu_utilisation": Decimal("0.5"),
        "team.ml_ops_fte": 2,
    }
    dear = judge(rule_book(), {**facts, "cost.selfhost_monthly_usd": 30_000}).slots["hosting"]
    cheap = judge(rule_book(), {**facts, "cost.selfhost_monthly_usd": 29_999}).slots["hosting"]
    assert dear.proposals == {"api": ("R-SELF-08",)}
    assert cheap.proposals == {"api": ("R-SELF-08",), "hybrid": ("R-SELF-03",)}
    assert (dear.value, cheap.value) == ("api", "api")


# -- what is stated and what is known ---------------------------------------------------------------------------------


def test_a_stated_plan_counts_until_something_is_decided(planned: View) -> None:
    view = planned
    assert (view.rule_facts["design.providers_count"], view.rule_facts["design.fallback"]) == (1, False)
    assert view.rule_facts["cost.monthly_usd"] == 266000
    assert {"R-FALL-01", "R-FALL-02"} <= set(view.decision.blocking)
    assert view.decision.conflicts == ()


def test_the_decision_takes_the_place_of_the_plan_and_both_values_are_kept(decided: Project) -> None:
    view = decided.view
    assert (view.rule_facts["design.providers_count"], view.rule_facts["design.fallback"]) == (2, True)
    assert not {"R-FALL-01", "R-FALL-02"} & set(view.decision.blocking)
    found = {one.name: one for one in view.decision.conflicts}
    assert found["design.providers_count"] == FactConflict(
        name="design.providers_count", taken=2, taken_from=DECISION, other=1, other_from=STATED
    )
    assert found["design.fallback"].words == f"design.fallback is yes ({DECISION}), not no ({STATED})"
    month = found["cost.monthly_usd"]
    assert (month.other, month.taken_from) == (266000, "the cost projection of gpt-6-luna")
    assert month.taken == view.rule_facts["cost.monthly_usd"] != 266000


def test_both_values_are_printed_by_decide_and_by_the_list_of_facts(
    decided: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(decided.folder)
    assert run(["decide", "--json", "--project", folder]) == 0
    data = json.loads(capsys.readouterr().out)
    assert {
        "fact": "design.fallback",
        "taken": True,
        "taken_from": DECISION,
        "other": False,
        "other_from": STATED,
    } in data["conflicts"]
    show_more(decided.view.decision, plain_text=True)
    assert f"Two values: design.fallback is yes ({DECISION}), not no ({STATED})" in capsys.readouterr().out
    assert run(["rules", "facts", "--json", "--project", folder]) == 0
    sources = {row["fact"]: row["source"] for row in json.loads(capsys.readouterr().out)["known"]}
    assert sources["design.providers_count"] == f"{DECISION}; not 1 ({STATED})"


def test_the_documents_show_both_values_of_a_fact() -> None:
    inputs = inputs_of(TRIAGE, scenario(TRIAGE).requirements, STORIES[TRIAGE])
    assert inputs.decision is not None
    found = conflicts(
        inputs.requirements.design_facts,
        [KnownFact(name="design.providers_count", value=2, source=DECISION)],
        chosen=True,
    )
    seen = seen_of(replace(inputs, decision=replace(inputs.decision, conflicts=found)))
    sheet = FactSheet(inputs.requirements, BOOK, conflicts=found)
    (only,) = settled_values(replace(seen, facts=sheet))
    assert said(only) == f"design.providers_count: the plan under review says 1; 2 counts, by {DECISION}."
    assert sheet.number("design.providers_count") == 2
    assert sheet.stated_number("design.providers_count") == 1
    assert sheet.source("design.providers_count").ref == f"design.providers_count: {DECISION}"


@pytest.mark.parametrize(
    ("name", "stated", "known", "chosen", "taken"),
    [
        ("design.hosting", "api", "self", True, "self"),
        ("ops.eval_age_days", 90, 3, False, 3),
        ("cost.monthly_usd", 900, 400, False, 900),
        ("cost.monthly_usd", 900, 400, True, 400),
        ("cost.selfhost_monthly_usd", 900, 400, True, 900),
        ("cat.context_window", 8192, 128000, False, 8192),
        ("cat.context_window", 8192, 128000, True, 128000),
        ("cat.zdr_available", True, False, True, True),
    ],
)
def test_measured_and_decided_count_before_stated_and_an_account_is_the_users_to_state(
    name: str, stated: FactValue, known: FactValue, chosen: bool, taken: FactValue
) -> None:
    learnt = [KnownFact(name=name, value=known, source="the project")]
    assert settled({name: stated}, learnt, chosen=chosen) == {name: taken}
    (found,) = conflicts({name: stated}, learnt, chosen=chosen)
    assert (found.taken, found.other) == ((stated, known) if taken == stated else (known, stated))


@pytest.mark.parametrize(("stated", "known", "count"), [(100, 101, 0), (100, 102, 1), (1, True, 1), ("api", "api", 0)])
def test_a_rounded_figure_is_no_second_value(stated: FactValue, known: FactValue, count: int) -> None:
    learnt = [KnownFact(name="cost.monthly_usd", value=known, source="the project")]
    assert len(conflicts({"cost.monthly_usd": stated}, learnt, chosen=True)) == count


def test_a_fact_of_the_design_is_set_checked_and_taken_back_like_an_answer(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "g")
    project.change_by_text({"design.retries": "yes", "cat.rate_limit_tpm": "2 000 000"})
    facts = project.view.document.requirements.design_facts
    assert (facts["design.retries"], facts["cat.rate_limit_tpm"]) == (True, 2_000_000)
    project.undo()
    assert "design.retries" not in project.view.document.requirements.design_facts
    project.change_by_text({"design.router": "unknown", "design.fallback": ""})
    assert {"design.router", "design.fallback"}.isdisjoint(project.view.document.requirements.design_facts)


@pytest.mark.parametrize(
    ("name", "text", "what", "fix"),
    [
        ("design.retries", "perhaps", "'perhaps' is no answer", "design.retries is yes or no."),
        ("design.providers_count", "2.5", "'2.5' is no answer", "design.providers_count is a whole number."),
        (
            "design.retrys",
            "yes",
            "'design.retrys' is no question, no setting and no",
            "Did you mean design.retries",
        ),
        ("eval.score", "0.9", "eval.score is measured", "maquette eval finds it out."),
    ],
)
def test_what_is_no_fact_of_the_design_is_refused_with_what_to_write(
    decided: Project, name: str, text: str, what: str, fix: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        decided.change_by_text({name: text})
    assert what in caught.value.what
    assert fix in str(caught.value.fix)
    assert caught.value.place.field == name


# -- what only people know --------------------------------------------------------------------------------------------

ASKED: Mapping[str, tuple[str, ...]] = {
    CLINIC: ("design.kept_in_by", "design.label_raters", "design.device_assessed"),
    TRIAGE: ("design.label_changes_per_year", "design.error_minutes", "design.label_error_share"),
    CODER: ("design.never_sent_listed", "design.provisioned_throughput", "design.review_load_measured"),
    HANDBOOK: ("design.corpus_tokens_at_horizon", "design.personal_answers"),
}
"""The open questions of each architect's sheet, in the order of the sheet, as the facts that they ask for."""


@pytest.mark.parametrize("name", ASKED)
def test_what_the_architect_leaves_open_is_asked_and_an_answer_would_change_something(name: str) -> None:
    facts = scenario(name).facts
    found = {one.fact: one for one in open_questions(judge(rule_book(), facts), BOOK, facts)}
    for fact in ASKED[name]:
        assert found[fact].weight > 0, fact
        assert found[fact].how == "review"
        assert found[fact].ask == rule_book().fact_questions[fact]


def test_nobody_is_asked_what_does_not_concern_the_project() -> None:
    facts = scenario(HANDBOOK).facts
    found = {one.fact for one in open_questions(judge(rule_book(), facts), BOOK, facts)}
    others = {fact for name in (CLINIC, TRIAGE, CODER) for fact in ASKED[name]}
    assert not found & others


# -- the days of a month ----------------------------------------------------------------------------------------------


def test_working_days_scale_the_month_and_not_the_peak() -> None:
    said_daily = scenario(CODER).requirements
    working = replace(said_daily, answers={**said_daily.answers, "scale.days_per_month": 21})
    every, some = known_facts(said_daily, BOOK), known_facts(working, BOOK)
    assert (days_per_month(every), days_per_month(some)) == (Decimal("30.4"), Decimal(21))
    assert traffic_of(every).requests_per_month == Decimal("5472000.0")
    assert traffic_of(some).requests_per_month == Decimal(3_780_000)
    loads = [workload(facts, measured=None) for facts in (every, some)]
    assert all(isinstance(load, Workload) for load in loads)
    assert [load.requests_per_month for load in loads if isinstance(load, Workload)] == [5_472_000, 3_780_000]
    assert every["derived.rps_peak"] == some["derived.rps_peak"]
    assert some["derived.cost_per_request_limit"] == Decimal(90_000) / (180_000 * 21)


def test_a_month_of_working_days_costs_its_share() -> None:
    given: dict[str, FactValue] = {
        "scale.requests_per_day": 1000,
        "tokens.input_avg": 1000,
        "tokens.output_avg": 100,
        "scale.growth_pct_month": 0,
        "lifecycle.horizon_months": 1,
    }
    every, half = (projected(facts, api("a")).options[0].first_month_usd for facts in (given, given | _HALF))
    assert every is not None
    assert half is not None
    assert half.base * 2 == every.base > 0


_HALF: dict[str, FactValue] = {"scale.days_per_month": Decimal("15.2")}
