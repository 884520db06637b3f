"""The models that metrics ask: found, told apart, refused, and estimated."""

import time
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.evals.asking import most_input_tok
from maquette.evals.dataset import Example
from maquette.evals.estimating_scores import ScoringSum, worst_scoring_usd
from maquette.evals.helpers import AskedModel, HelperSpec, helper_models, open_helpers, self_preference, with_identities
from maquette.evals.metrics import Ask, EmbeddingSimilarity, Response, RubricJudge
from maquette.evals.registry import open_metric
from maquette.evals.run import MetricSpec
from maquette.evals.scoring import Helpers, mark_of
from maquette.evals.trials import RunState, Score
from maquette.foundation.problems import InvalidInput
from tests.evals_world import FlatPrice, Scripted, World, answer, plan_of, spec
from tests.project_world import demo_project

JUDGE = MetricSpec(kind="rubric_judge", settings={"model": "judge", "rubric": "Kind?"})
NEAR = MetricSpec(kind="embedding_similarity", settings={"model": "vectors"})
ASKED = AskedModel(model="judge", metric="rubric_judge", embeds=False)


def helper(**changes: Any) -> HelperSpec:
    return HelperSpec(asked=ASKED, spec=spec("judge", **changes))


def test_only_metrics_that_ask_name_a_model() -> None:
    metrics = (MetricSpec(kind="exact_match", settings={}), JUDGE, NEAR)
    assert helper_models(metrics, open_metric) == (
        ASKED,
        AskedModel(model="vectors", metric="embedding_similarity", embeds=True),
    )
    assert ASKED.field == "evaluation.metrics.rubric_judge.model"


def test_another_judge_is_another_plan_and_another_port_is_not() -> None:
    def plan_fingerprint(**changes: Any) -> str:
        return plan_of(metrics=with_identities((JUDGE,), (helper(**changes),))).fingerprint

    here = plan_fingerprint(base_url="http://127.0.0.1:1/v1")
    assert here == plan_fingerprint(base_url="http://127.0.0.1:2/v1")
    assert here == plan_fingerprint(base_url="http://127.0.0.1:1/v1", options={"requests_per_minute": 5})
    others = [
        plan_fingerprint(base_url="https://a.example/v1"),
        plan_fingerprint(base_url="http://127.0.0.1:1/v1", model="other"),
        plan_fingerprint(base_url="http://127.0.0.1:1/v1", options={"thinking": True}),
        plan_of(metrics=(JUDGE,)).fingerprint,
    ]
    assert len({here, *others}) == 5


def test_a_score_is_marked_by_its_metric_its_settings_and_its_judge() -> None:
    (marked,) = with_identities((JUDGE,), (helper(),))
    (other,) = with_identities((JUDGE,), (helper(model="other"),))
    (stricter,) = with_identities((replace(JUDGE, settings={**JUDGE.settings, "rubric": "Short?"}),), (helper(),))
    assert len({mark_of(marked), mark_of(other), mark_of(stricter)}) == 3
    assert mark_of(JUDGE) == ""


def test_a_judge_that_is_a_candidate_is_said_by_its_card() -> None:
    plan = plan_of(targets=(spec("a", card="x"), spec("b", card="y")))
    assert self_preference(plan, (helper(card="z"),)) == ()
    (said,) = self_preference(plan, (helper(card="y"),))
    assert said.startswith("Judge and candidate are the same model, y: ")


def test_a_judge_keeps_to_its_own_limit_a_minute(tmp_path: Path) -> None:
    judge = Scripted("judge", lambda message, attempt: answer('{"verdict": "pass"}'))
    # Ten at once are free of 100 a minute: the other two wait 0.6 s each.
    limited = helper(options={"requests_per_minute": 100})
    helpers = open_helpers((limited,), open_target=lambda _: judge, open_embedder=lambda _: pytest.fail("no embedder"))
    started_s = time.monotonic()
    state = World(folder=tmp_path).run(
        plan_of(12, metrics=(JUDGE,)), Scripted(), prices={"m": "0", "judge": "0"}, helpers=helpers
    )
    assert (state, len(judge.asked)) == (RunState.FINISHED, 12)
    assert time.monotonic() - started_s > 1.1


def test_one_on_this_machine_or_allowed_needs_no_price(tmp_path: Path) -> None:
    def run(helpers: Helpers) -> RunState:
        return World(folder=tmp_path).run(plan_of(1, metrics=(JUDGE,)), Scripted(), prices={"m": "0"}, helpers=helpers)

    judge, local = Scripted("judge"), Scripted("judge", local=True)
    with pytest.raises(InvalidInput, match="'judge', which a metric asks, has no price") as caught:
        run(Helpers(judges=(judge,), specs=(spec("judge"),)))
    assert caught.value.place.field == "evaluation.metrics.rubric_judge.model"
    assert run(Helpers(judges=(judge,), specs=(spec("judge", options={"allow_unpriced": True}),))) is RunState.FINISHED
    assert run(Helpers(judges=(local,))) is RunState.FINISHED


EXAMPLE = Example(id="e", inputs={"text": "Refund?"}, expected="Yes, within 30 days.")


def test_a_verdict_is_estimated_from_the_judges_own_prompt() -> None:
    judge = RubricJudge(model="judge", rubric="Is it kind?", max_output_tok=100)
    found = ScoringSum()
    found.add(judge, EXAMPLE, 3, 40, FlatPrice({"judge": Decimal("0.01")}))
    prompt_tok = sum(len(one.content.encode()) // 4 for one in judge.messages(EXAMPLE, Response(text="")))
    assert found.calls == 3
    assert found.tok == [3 * (prompt_tok + each) for each in (1 + 1, 10 + 25, 40 + 100)]
    assert found.usd == [tok * Decimal("0.01") for tok in found.tok]


def test_vectors_are_estimated_from_both_texts_and_not_where_no_text_is_expected() -> None:
    near = EmbeddingSimilarity(model="vectors")
    found = ScoringSum()
    found.add(near, EXAMPLE, 2, 40, FlatPrice({"vectors": Decimal(1)}))
    found.add(near, Example(id="f", inputs={}, expected={"a": 1}), 2, 40, FlatPrice({"vectors": Decimal(1)}))
    assert (found.calls, found.tok) == (2, [2 * (5 + 1), 2 * (5 + 10), 2 * (5 + 40)])


def test_a_strangers_metric_that_asks_is_estimated_too() -> None:
    @dataclass(frozen=True)
    class Strange:
        model: str = "judge"
        name: str = "strange"

        async def score(self, example: Example, response: Response, ask: Ask) -> Score:
            raise AssertionError("nobody scores here")

    found = ScoringSum()
    found.add(Strange(), EXAMPLE, 1, 40, FlatPrice({"judge": Decimal(1)}))
    assert found.calls == 1
    assert 0 < found.tok[0] < found.tok[1] < found.tok[2]


def test_the_worst_case_of_a_verdict_covers_what_the_purse_sets_aside() -> None:
    judge = RubricJudge(model="judge", rubric="Is it kind?", max_output_tok=100)
    price = FlatPrice({"judge": Decimal(1)})
    worst = worst_scoring_usd([judge], [EXAMPLE], longest=10, pricer=price)
    shown = judge.messages(EXAMPLE, Response(text="answer " * 10))
    assert worst >= most_input_tok(shown) + 100
    assert worst_scoring_usd([judge], [EXAMPLE], longest=10, pricer=FlatPrice({"judge": Decimal(0)})) == 0


@pytest.mark.parametrize(
    ("metric", "field"),
    [
        ({"kind": "rubric_judge", "rubric": "Kind?"}, "evaluation.metrics.rubric_judge.model"),
        ({"kind": "rubric_judge", "model": "gpt-6-luna"}, "evaluation.metrics.rubric_judge.rubric"),
        ({"kind": "embedding_similarity", "model": "nobody"}, "evaluation.metrics.embedding_similarity.model"),
    ],
)
def test_what_a_metric_lacks_is_told_before_a_run_by_its_field(
    tmp_path: Path, metric: dict[str, Any], field: str
) -> None:
    project = demo_project(tmp_path / "p")
    project.set_settings({"evaluation.metrics": [metric]})
    with pytest.raises(InvalidInput) as caught:
        project.estimate()
    assert caught.value.place.field == field


def test_a_judge_of_the_catalog_is_asked_through_litellm(tmp_path: Path) -> None:
    project = demo_project(tmp_path / "p")
    metric = {"kind": "rubric_judge", "model": "gpt-6-luna", "rubric": "Kind?"}
    project.set_settings({"evaluation.metrics": [metric]})
    (found,) = project.view.helpers
    assert (found.spec.id, found.spec.adapter, found.spec.model) == ("gpt-6-luna", "litellm", "gpt-6-luna")
    estimate = project.estimate()
    assert estimate.scoring_usd is not None
    assert estimate.scoring_usd.high > 0
    assert estimate.unpriced == ()
