"""What holds for every trial, every count and every plan."""

import json
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from maquette.evals.calls import CallParameters, FailureKind, TargetSpec
from maquette.evals.dataset import Example
from maquette.evals.metrics import ExactMatch, JsonFields, Response
from maquette.evals.run import Verdict, trial_keys
from maquette.evals.statistics import more_to_decide, verdict, wilson
from maquette.evals.trials import Failure, Score, Trial, trial_as_data, trial_from_data
from tests.evals_world import plan_of

texts = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
maybe_count = st.none() | st.integers(0, 10**6)
maybe_seconds = st.none() | st.floats(0, 1e6)
trials = st.builds(
    Trial,
    key=texts,
    target_id=texts,
    example_id=texts,
    stratum=texts,
    output=st.none() | texts,
    failure=st.none() | st.builds(Failure, kind=st.sampled_from(FailureKind), detail=texts),
    scores=st.lists(st.builds(Score, metric=texts, value=st.none() | st.floats(0, 1), detail=texts), max_size=3).map(
        tuple
    ),
    attempts=st.integers(1, 5),
    input_tok=maybe_count,
    output_tok=maybe_count,
    cached_tok=maybe_count,
    latency_s=maybe_seconds,
    ttft_s=maybe_seconds,
    cost_usd=st.none() | st.decimals(0, 1000, places=12),
    finished_at=st.datetimes(timezones=st.just(UTC)),
    from_cache=st.booleans(),
    asked=texts,
)
counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(trials)
def test_a_trial_reads_back_from_its_line(trial: Trial) -> None:
    assert trial_from_data(json.loads(json.dumps(trial_as_data(trial)))) == trial


@given(counts)
def test_an_interval_holds_its_rate_and_lies_within_zero_and_one(count: tuple[int, int]) -> None:
    correct, scored = count
    interval = wilson(correct, scored)
    assert 0 <= interval.low <= correct / scored <= interval.high <= 1
    assert interval.low < interval.high


@given(counts)
def test_an_interval_mirrors_when_right_and_wrong_are_exchanged(count: tuple[int, int]) -> None:
    correct, scored = count
    interval, mirrored = wilson(correct, scored), wilson(scored - correct, scored)
    assert abs(interval.low - (1 - mirrored.high)) < 1e-12


@given(counts, st.floats(0.02, 0.98))
def test_a_settled_verdict_needs_no_more_examples_and_an_open_one_does(
    count: tuple[int, int], threshold: float
) -> None:
    correct, scored = count
    settled = verdict(wilson(correct, scored), threshold) is not Verdict.NOT_ENOUGH_DATA
    more = more_to_decide(correct, scored, threshold)
    # At the bound itself the two roundings may differ by one example.
    assert not settled or more in (None, 0, 1)
    assert settled or more is None or more >= 0


@given(json_values)
def test_data_is_exactly_itself(value: object) -> None:
    assume(value is not None and not isinstance(value, str))
    example = Example(id="e", inputs={"text": "?"}, expected=value)
    assert ExactMatch().score(example, Response(text=json.dumps(value, indent=2))).value == 1.0


@given(st.dictionaries(texts, json_values, min_size=1), st.data())
def test_the_share_of_right_fields_is_what_was_left_right(expected: dict[str, object], data: st.DataObject) -> None:
    spoiled = data.draw(st.sets(st.sampled_from(sorted(expected))))
    output = {name: value for name, value in expected.items() if name not in spoiled}
    score = JsonFields().score(
        Example(id="e", inputs={"text": "?"}, expected=expected), Response(text=json.dumps(output))
    )
    assert score.value == (len(expected) - len(spoiled)) / len(expected)


@given(st.integers(1, 4096), st.floats(0, 2), st.integers(0, 99), texts)
def test_a_key_depends_on_every_parameter_that_can_change_an_answer(
    most_tok: int, temperature: float, seed: int, text: str
) -> None:
    spec = TargetSpec(id="m", card="m", adapter="scripted", model="m")
    example = Example(id="e", inputs={"text": text}, expected="?")

    def key(parameters: CallParameters) -> str:
        return trial_keys(plan_of(parameters=parameters), spec)(example)

    one = CallParameters(max_output_tok=most_tok, temperature=temperature, seed=seed)
    same = CallParameters(max_output_tok=most_tok, temperature=temperature, seed=seed, timeout_s=1)
    others = (
        CallParameters(max_output_tok=most_tok + 1, temperature=temperature, seed=seed),
        CallParameters(max_output_tok=most_tok, temperature=temperature + 0.5, seed=seed),
        CallParameters(max_output_tok=most_tok, temperature=temperature, seed=seed + 1),
    )
    assert key(one) == key(same)
    assert len({key(one), *map(key, others)}) == 4


def test_a_trial_without_the_hash_of_its_messages_is_still_read() -> None:
    trial = Trial(
        key="k",
        target_id="m",
        example_id="e",
        stratum="normal",
        output="yes",
        failure=None,
        scores=(),
        attempts=1,
        input_tok=1,
        output_tok=1,
        cached_tok=None,
        latency_s=1.0,
        ttft_s=None,
        cost_usd=Decimal("0.01"),
        finished_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    data = trial_as_data(trial)
    del data["asked"]
    assert trial_from_data(data) == trial
