"""A benchmark's arithmetic: figures worked by hand, prompts that share no beginning, the words of a length."""

from dataclasses import astuple
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette.capacity.benchmark_notes import notes_on
from maquette.capacity.benchmarking import (
    Level,
    LevelResult,
    Sample,
    level_result,
    levels,
    load_of,
    memory_bound,
    probe_words,
    random_prompt,
    seconds_expected,
    spread_of,
    words_for,
)
from maquette.capacity.setup import Banded, LoadKind, Metric


def sample(latency_s: float = 1.1, ttft_s: float | None = 0.1, **changes: int | float | None) -> Sample:
    fields: dict[str, int | float | None] = {"input_tok": 500, "output_tok": 101} | changes
    return Sample(latency_s=latency_s, ttft_s=ttft_s, **fields)  # type: ignore[arg-type]  # fields by name


def result(*samples: Sample, many: int = 1, wall_s: float = 2.0, failed: int = 0, own: bool = False) -> LevelResult:
    level = Level(concurrency=many, requests=len(samples) + failed)
    return level_result(level, samples, failed=failed, wall_s=wall_s, own_engine=own)


def test_the_time_per_token_leaves_the_first_token_out() -> None:
    assert sample().tpot_s == pytest.approx(1.0 / 100)
    assert sample(output_tok=1).tpot_s is None
    assert sample(output_tok=None).tpot_s is None
    assert sample(ttft_s=None).tpot_s is None


def test_a_server_has_times_and_throughput() -> None:
    found = result(sample(), sample(1.3, 0.3), wall_s=2.5, many=2)
    assert found.ttft_s is not None
    assert astuple(found.ttft_s) == pytest.approx((0.2, 0.12, 0.28, 2))
    assert (found.prefill, found.decode) == (None, None)
    assert found.metrics == {
        Metric.TTFT: pytest.approx(0.2),
        Metric.TPOT: pytest.approx(0.01),
        Metric.OUTPUT_THROUGHPUT: pytest.approx(202 / 2.5),
        Metric.REQUEST_THROUGHPUT: pytest.approx(0.8),
    }


def test_an_engine_of_our_own_that_answers_one_alone_has_rates() -> None:
    found = result(sample(), sample(1.1, 0.1, cached_tok=100), own=True)
    assert found.metrics == {
        Metric.PREFILL_RATE: pytest.approx((5000 + 4000) / 2),  # what a cache answered was not evaluated
        Metric.DECODE_RATE: pytest.approx(100),
    }
    assert Metric.PREFILL_RATE not in result(sample(), own=True, many=2).metrics


def test_tokens_that_one_answer_does_not_tell_leave_no_throughput() -> None:
    found = result(sample(), sample(output_tok=None))
    assert found.output_tok_per_s is None
    assert found.output_tok == 101
    assert Metric.REQUEST_THROUGHPUT not in found.metrics


def test_nothing_answered_is_nothing_measured() -> None:
    found = result(wall_s=0.0, failed=3)
    assert (found.completed, found.requests_per_s, found.metrics) == (0, 0.0, {})


def test_the_load_is_what_the_server_counted() -> None:
    load = load_of(result(sample(cached_tok=125), many=4), input_tok=512, output_tok=128)
    assert (load.kind, load.concurrency, load.input_tok, load.output_tok) == (LoadKind.CONCURRENCY, 4, 500, 101)
    assert load.prefix_share == 0.25
    untold = load_of(result(sample(input_tok=None, output_tok=None)), input_tok=512, output_tok=128)
    assert (untold.input_tok, untold.output_tok, untold.prefix_share) == (512, 128, 0)


def test_levels_ask_four_requests_for_each_at_once_the_fewest_first() -> None:
    assert [(one.concurrency, one.requests) for one in levels((16, 1, 4, 4))] == [(1, 5), (4, 16), (16, 64)]
    assert [one.requests for one in levels((1, 8), 20)] == [20, 20]


def test_prompts_share_no_beginning() -> None:
    random = Random(7)
    starts = {tuple(random_prompt(64, random).split()[:4]) for _ in range(1000)}
    assert len(starts) > 990
    assert len(random_prompt(64, random).split()) == 64 + 10


def test_the_words_of_a_prompt_lie_on_the_line_through_two_probes() -> None:
    # A form of 20 tokens and 1.5 tokens a word: 32 words are 68, 128 words are 212.
    assert probe_words(512) == (32, 128)
    assert words_for(512, ((32, 68), (128, 212))) == 328


@pytest.mark.parametrize(("low", "high"), [(None, None), (68, None), (11, 11), (30, 20)])
def test_counts_that_say_nothing_take_a_word_for_a_token(low: int | None, high: int | None) -> None:
    assert words_for(512, ((32, low), (128, high))) == 512


@given(form=st.integers(0, 200), a_word=st.floats(1, 4), wanted=st.integers(300, 20_000))
def test_a_tokenizer_of_any_kind_gets_the_asked_length(form: int, a_word: float, wanted: int) -> None:
    few, many = probe_words(wanted)
    words = words_for(wanted, ((few, round(form + a_word * few)), (many, round(form + a_word * many))))
    if words > 1:
        assert form + a_word * words == pytest.approx(wanted, rel=0.05, abs=2 * a_word)


def test_how_long_it_takes_is_bounded_by_the_time_of_a_level() -> None:
    probe = Sample(latency_s=0.2, ttft_s=0.05, input_tok=128, output_tok=16)  # 10 ms a token
    planned = levels((1, 4))
    span = seconds_expected(planned, probe, probe_tok=128, input_tok=512, output_tok=80, most_s=60)
    assert span == pytest.approx((5 * 1.0 + 4 * 1.0, 5 + 16))
    span = seconds_expected(planned, probe, probe_tok=128, input_tok=512, output_tok=80, most_s=3)
    assert span == pytest.approx((3 + 3, 4 + 4))


def test_memory_that_is_read_once_a_token_bounds_decoding() -> None:
    assert memory_bound(4e9, 40e9) == Banded(value=7, low=4, high=10)


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=50))
def test_a_spread_is_in_order(figures: list[float]) -> None:
    found = spread_of(figures)
    assert found is not None
    assert min(figures) <= found.p10 <= found.median <= found.p90 <= max(figures)


def test_what_is_not_as_asked_is_told() -> None:
    whole = result(*[sample()] * 5, many=2)
    assert list(notes_on(whole, input_tok=500, output_tok=101)) == []
    other = result(*[sample(cached_tok=400, client_late_s=0.5)] * 4, many=2, failed=1)
    said = "\n".join(notes_on(other, input_tok=1000, output_tok=200))
    for words in (
        "1 calls failed",
        "1000 tokens were asked for; the server counts 500",
        "answers end after 101 tokens, of 200",
        "400 tokens of a prompt came out of a cache",
        "up to 500 ms late",
    ):
        assert words in said
    untold = result(sample(input_tok=None))
    assert "tells no numbers of tokens" in "".join(notes_on(untold, input_tok=500, output_tok=101))
