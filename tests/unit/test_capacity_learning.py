"""What a project keeps of its measurements: later results add to earlier ones, and nothing counts twice."""

from datetime import date
from pathlib import Path

import pytest

from maquette.adapters.factor_files import read_factors, write_factors
from maquette.capacity.calibrating import changes, compare, load_in_words
from maquette.capacity.setup import Banded, Engine, Load, LoadKind, Metric, Prediction
from maquette.capacity.shrinking import Compared, Factor, ProjectFactors, learned
from maquette.foundation.problems import InvalidInput, Unavailable
from tests.unit.test_capacity_shrinking import compared
from tests.unit.test_capacity_sizing import setup

TODAY = date(2026, 11, 21)
KEY = (Engine.VLLM, "A", Metric.TPOT)


def learn(before: ProjectFactors, *now: Compared) -> ProjectFactors:
    return learned(before, now, measured_on=TODAY)


def test_later_results_add_to_earlier_ones() -> None:
    first = learn(ProjectFactors(), compared(12.0, source="a 1"))
    both = learn(first, compared(12.0, source="b 2"), compared(8.0, source="b 2", metric=Metric.TTFT))
    assert both.factors[KEY].measurements == 2
    assert both.factors[KEY].value == pytest.approx(1.2 ** (2 / 2.25))  # 2 / (2 + 0.1^2 / 0.2^2)
    assert both.sources == ("a 1", "b 2")
    assert set(both.factors) == {KEY, (Engine.VLLM, "A", Metric.TTFT)}


def test_a_source_that_is_named_again_takes_its_own_place() -> None:
    first = learn(ProjectFactors(), compared(12.0, source="a 1"), compared(12.0, source="b 2"))
    again = learn(first, compared(15.0, source="a 1"))
    assert [(one.source, one.measured) for one in again.measurements] == [("b 2", 12.0), ("a 1", 15.0)]
    assert again.factors[KEY].measurements == 2
    moved = learn(first, compared(12.0, source="a 1", accelerator="B"), compared(12.0, source="b 2", accelerator="B"))
    assert set(moved.factors) == {(Engine.VLLM, "B", Metric.TPOT)}


def test_a_factor_without_measurements_stays_until_it_is_measured_anew() -> None:
    bare = Factor(value=2.0, raw=2.0, measurements=4, narrowed=0.5)
    before = ProjectFactors(factors={KEY: bare})
    other = learn(before, compared(12.0, source="a 1", metric=Metric.TTFT))
    assert other.factors[KEY] == bare
    assert learn(other, compared(12.0, source="b 2")).factors[KEY].value == pytest.approx(1.2**0.8)


def test_every_change_is_listed_with_what_goes() -> None:
    before = learn(ProjectFactors(), compared(12.0, source="a 1"))
    after = learn(before, compared(12.0, source="a 1", accelerator="B"))
    found = {one.key[1]: (one.before is None, one.after is None) for one in changes(before, after)}
    assert found == {"A": (False, True), "B": (True, False)}


def test_only_figures_that_are_predicted_and_positive_are_compared() -> None:
    band = Banded(value=10.0, low=8.0, high=12.0)
    load = Load(input_tok=100, output_tok=100, kind=LoadKind.CONCURRENCY, concurrency=1)
    prediction = Prediction(
        setup=setup(), load=load, metrics={Metric.TPOT: band, Metric.TTFT: band}, batch=1.0, terms=()
    )
    measured = {Metric.TPOT: 12.0, Metric.TTFT: 0.0, Metric.DECODE_RATE: 5.0}
    (found,) = compare(prediction, measured, source="a 1")
    assert (found.metric, found.measured, found.inside, found.source) == (Metric.TPOT, 12.0, True, "a 1")
    assert found.model == setup().card.id
    assert not compared(13.0, spread=0.1).inside


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (Load(input_tok=512, output_tok=128, kind=LoadKind.CONCURRENCY, concurrency=16), "16 at once, 512 + 128 tok"),
        (Load(input_tok=512, output_tok=128, kind=LoadKind.RATE, rate_per_s=2.5), "2.5 a second, 512 + 128 tok"),
        (Load(input_tok=512, output_tok=128, kind=LoadKind.OFFLINE), "all at once, 512 + 128 tok"),
    ],
)
def test_a_load_in_words(load: Load, words: str) -> None:
    assert load_in_words(load) == words


def test_measurements_are_read_as_they_were_written(tmp_path: Path) -> None:
    found = learn(ProjectFactors(), compared(12.0, source="a 1", model="m"), compared(0.1 + 0.2, source="b 2"))
    write_factors(tmp_path, found)
    assert read_factors(tmp_path) == found


@pytest.mark.parametrize(
    "wrong", ['"measured": 0', '"measured": 1e999', '"predicted": "x"', '"more": 1, "measured": 1']
)
def test_a_measurement_that_is_none_is_told(tmp_path: Path, wrong: str) -> None:
    write_factors(tmp_path, learn(ProjectFactors(), compared(12.0, predicted=10.0, source="a 1")))
    path = tmp_path / "capacity.json"
    name = wrong.partition(":")[0] if "more" not in wrong else '"measured"'
    text = path.read_text(encoding="utf-8")
    figure = '"predicted": 10.0' if "predicted" in name else '"measured": 12.0'
    assert figure in text
    path.write_text(text.replace(figure, wrong), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"measurements\.0"):
        read_factors(tmp_path)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = learn(ProjectFactors(), compared(12.0, source="a 1"))
    write_factors(tmp_path, before)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        write_factors(tmp_path, learn(before, compared(20.0, source="b 2")))
    assert read_factors(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["capacity.json"]
