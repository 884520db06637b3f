"""How facts become a workload: what must be known, what is assumed while it is not, and where it all comes from."""

from datetime import date
from decimal import Decimal

import pytest

from maquette.cost.options import CostOption
from maquette.cost.projecting import cost_fingerprint
from maquette.cost.projection import ByCase, CostAssumption
from maquette.cost.workload import MissingFacts, Workload, workload
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import InvalidInput
from maquette.foundation.sources import SourceKind
from tests.cost_world import PRICES_AS_OF, api, facts, machine, measured, project


def known(given: dict[str, FactValue]) -> Workload:
    found = workload(given, measured=None)
    assert isinstance(found, Workload)
    return found


def assumption(load: Workload, name: str) -> CostAssumption:
    (found,) = [each for each in load.assumptions if each.name == name]
    return found


def test_what_cannot_be_assumed_is_asked_for() -> None:
    found = workload({"tokens.output_avg": 5}, measured=None)
    assert found == MissingFacts(names=("scale.requests_per_day", "tokens.input_avg"))


def test_a_projection_without_the_volume_says_so_for_each_option() -> None:
    projection = project({"tokens.input_avg": 5, "tokens.output_avg": 5}, api("a"), api("b"))
    assert [cost.unpriced for cost in projection.options] == [("scale.requests_per_day is not answered",)] * 2
    assert (projection.lines, projection.horizon_months) == ((), 12)


def test_an_unknown_growth_widens_the_band() -> None:
    load = known(facts(unknown=frozenset({"scale.growth_pct_month"})))
    assert load.growth_pct_month == ByCase(low=Decimal(0), base=Decimal(5), high=Decimal(10))
    said = assumption(load, "scale.growth_pct_month")
    assert (said.low, said.value, said.high, said.source.kind) == ("0", "5", "10", SourceKind.ASSUMED)


def test_an_answer_is_no_assumption_and_a_default_is_one() -> None:
    load = workload(facts(), measured=None, defaulted={"availability.target"})
    assert isinstance(load, Workload)
    names = {each.name for each in load.assumptions}
    assert "availability.target" in names
    assert "scale.growth_pct_month" not in names


def test_unknown_lengths_of_the_tail_are_twice_the_average() -> None:
    load = known(facts(unknown=frozenset({"tokens.input_p99", "tokens.output_max"})))
    assert load.step_tok.high == 4000
    assert load.output_tok == ByCase(low=Decimal(100), base=Decimal(100), high=Decimal(150))


def test_required_lengths_win_over_measured_ones_which_are_shown() -> None:
    result = measured(mean_input_tok=1312.5, mean_output_tok=9.0)
    load = workload(facts(), measured=result)
    assert isinstance(load, Workload)
    assert load.input_tok == 2000
    said = assumption(load, "tokens.input_avg, measured; the required 2,000 is used")
    assert (said.value, str(said.source)) == ("1,312.5", "measured: the evaluation of m")


def test_measured_lengths_stand_in_for_unknown_ones() -> None:
    result = measured(mean_input_tok=1312.5, mean_output_tok=9.0)
    given = facts(unknown=frozenset({"tokens.input_avg", "tokens.output_avg"}))
    load = workload(given, measured=result)
    assert isinstance(load, Workload)
    assert (load.input_tok, load.output_tok.base) == (Decimal("1312.5"), Decimal(9))
    assert assumption(load, "tokens.input_avg, measured and used").value == "1,312.5"


def test_a_prefix_is_never_longer_than_the_input() -> None:
    assert known(facts(tokens__shared_prefix=5000)).shared_prefix_tok == 2000


def test_without_the_peak_the_volume_alone_gives_a_band() -> None:
    given = {name: value for name, value in facts().items() if not name.startswith("derived.")}
    load = known({**given, "scale.requests_per_day": 86_400})
    assert load.peak_rps == ByCase(low=Decimal(1), base=Decimal(3), high=Decimal(8))


def test_a_shrinking_system_ends_at_nothing() -> None:
    load = known(facts(scale__growth_pct_month=-100))
    assert [load.requests(month).base for month in (1, 2)] == [30_400, 0]


@pytest.mark.parametrize(
    ("fact", "value", "says"),
    [
        ("scale.requests_per_day", -1, "-1 is out of range"),
        ("scale.requests_per_day", True, "True is not a number"),
        ("tokens.input_avg", "many", "'many' is not a number"),
        ("tokens.input_avg", float("nan"), "NaN is out of range"),
        ("scale.async_share", 1.5, "1.5 is more than all requests"),
        ("scale.growth_pct_month", -101, "-101 is out of range"),
        ("lifecycle.horizon_months", 0, "0 months"),
        ("lifecycle.horizon_months", 121, "121 months"),
        ("scale.requests_per_day", 10**13, "month 1 would bring more than"),
    ],
)
def test_an_impossible_fact_is_refused_by_its_name(fact: str, value: FactValue, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        known({**facts(), fact: value})
    assert caught.value.place.field == fact


def test_the_fingerprint_changes_with_what_a_figure_depends_on_and_with_nothing_else() -> None:
    def of(
        changed: dict[str, FactValue] | None = None, option: CostOption | None = None, as_of: date = PRICES_AS_OF
    ) -> str:
        options = (option or api(),)
        return cost_fingerprint(facts={**facts(), **(changed or {})}, options=options, prices_as_of=as_of)

    assert of({"project.name": "other", "quality.threshold": 0.5}) == of()
    assert of(option=api(measured=measured(correct=1))) == of(option=api(measured=measured(correct=2)))
    others = {
        of({"scale.requests_per_day": 5}),
        of({"tokens.shared_prefix": 5}),
        of(option=api(fresh="2")),
        of(option=api("n")),
        of(option=api(measured=measured(calls_made=101))),
        of(option=machine()),
        of(as_of=date(2026, 11, 19)),
    }
    assert len(others | {of()}) == 8
