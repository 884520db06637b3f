"""A run's scores, item by item."""

from dataclasses import replace
from decimal import Decimal

from maquette.evals.calls import FailureKind
from maquette.evals.run_scores import scores_of
from maquette.evals.trials import Failure, Score
from tests.unit.test_evals_results import TRIAL


def test_each_target_has_a_score_an_unscored_or_no_entry_for_an_example() -> None:
    trials = [
        replace(TRIAL, example_id="a"),
        replace(TRIAL, example_id="b", scores=(Score(metric="exact_match", value=None),)),
        replace(
            TRIAL, example_id="c", scores=(), failure=Failure(kind=FailureKind.TIMEOUT, detail="late"), cost_usd=None
        ),
        replace(TRIAL, target_id="n", example_id="a", scores=(Score(metric="other", value=1.0),)),
    ]
    found = scores_of(trials, run_id="r-001", metric="exact_match")
    assert found.scores == {"m": {"a": 1.0, "b": None, "c": None}, "n": {"a": None}}
    assert found.failures == {"m": {"c": FailureKind.TIMEOUT}}
    assert found.usd_per_answer == {"m": Decimal("0.01"), "n": Decimal("0.01")}


def test_strata_clusters_weights_and_must_pass_are_those_of_the_examples() -> None:
    trials = [
        replace(TRIAL, example_id="a", stratum="edge + german", cluster="d1", weight=2.0, must_pass=True),
        replace(TRIAL, example_id="b"),
    ]
    found = scores_of(trials, run_id="r-001", metric="exact_match")
    assert found.strata == {"a": ("edge", "german"), "b": ("normal",)}
    assert (found.clusters, found.weights, found.must_pass) == ({"a": "d1"}, {"a": 2.0}, frozenset({"a"}))


def test_the_must_pass_examples_that_were_not_fully_right_are_named_in_order() -> None:
    values = {"c": 0.5, "a": None, "b": 1.0}
    trials = [
        replace(TRIAL, example_id=name, must_pass=True, scores=(Score(metric="exact_match", value=value),))
        for name, value in values.items()
    ]
    found = scores_of(trials, run_id="r-001", metric="exact_match")
    assert found.missed("m") == ("a", "c")
    assert found.missed("unknown") == ()
