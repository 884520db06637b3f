"""Why two options cost what they cost: three lines by hand, split into price, quantity and both together."""

from decimal import Decimal

from maquette.cost.difference import Difference, LineDifference, explain_difference, plain_lines
from maquette.cost.projection import CostProjection
from maquette.cost.wording import difference_sentences, signed_usd
from tests.cost_world import api, facts, machine, project


def between(a: CostProjection, of_a: str, b: CostProjection, of_b: str) -> Difference:
    return explain_difference(of_a, plain_lines(a.lines, of_a), of_b, plain_lines(b.lines, of_b))


def line(found: Difference, name: str) -> LineDifference:
    (one,) = [one for one in found.lines if one.name == name]
    return one


def test_a_dearer_model_differs_by_its_price_alone() -> None:
    both = project(facts(lifecycle__horizon_months=1), api("cheap"), api("dear", fresh="3", output="4"))
    found = between(both, "cheap", both, "dear")
    # 60.8 M tokens of input at 3 instead of 1 dollar a million: 121.6; the output is the same.
    assert (line(found, "input, fresh").price_usd, line(found, "input, fresh").quantity_usd) == (
        Decimal("121.6"),
        Decimal(0),
    )
    assert line(found, "output").difference_usd == 0
    assert found.difference_usd == Decimal("121.6")


def test_a_longer_answer_differs_by_its_quantity_alone() -> None:
    before = project(facts(lifecycle__horizon_months=1), api())
    after = project(facts(lifecycle__horizon_months=1, tokens__output_avg=300, tokens__output_max=300), api())
    found = between(before, "m", after, "m")
    # 30,400 requests * 200 more tokens * 4 dollars a million
    assert (line(found, "output").quantity_usd, line(found, "output").price_usd) == (Decimal("24.32"), Decimal(0))


def test_a_longer_answer_of_a_dearer_model_has_a_part_that_belongs_to_both() -> None:
    before = project(facts(lifecycle__horizon_months=1), api("m", output="4"))
    after = project(
        facts(lifecycle__horizon_months=1, tokens__output_avg=300, tokens__output_max=300), api(output="10")
    )
    output = line(between(before, "m", after, "m"), "output")
    # 3.04 M tokens at 6 dollars more: 18.24; 6.08 M tokens more at 4: 24.32; 6.08 M at 6 more: 36.48. 12.16 -> 91.2
    assert (output.price_usd, output.quantity_usd, output.mix_usd) == (
        Decimal("18.24"),
        Decimal("24.32"),
        Decimal("36.48"),
    )
    assert output.difference_usd == Decimal("79.04")


def test_a_line_of_one_side_counts_whole() -> None:
    both = project(facts(lifecycle__horizon_months=1), api(), machine())
    found = between(both, "m", both, "own")
    assert line(found, "machines").line_usd == Decimal(730)
    assert line(found, "output").line_usd == Decimal("-12.16")
    assert (line(found, "machines").quantity_a, line(found, "machines").price_b) == (None, Decimal(1))
    assert found.difference_usd == Decimal("657.04")


def test_months_that_only_one_side_has_count_whole() -> None:
    short, long = project(facts(lifecycle__horizon_months=1), api()), project(facts(lifecycle__horizon_months=3), api())
    found = between(short, "m", long, "m")
    assert found.difference_usd == 2 * Decimal("72.96")
    assert found.sum_of(lambda one: one.line_usd) == 2 * Decimal("72.96")


def test_the_sentence_names_the_lines_behind_the_difference() -> None:
    before = project(facts(lifecycle__horizon_months=1), api())
    after = project(
        facts(lifecycle__horizon_months=1, tokens__output_avg=300, tokens__output_max=300), api(output="10")
    )
    (sentence,) = difference_sentences([between(before, "m", after, "m")])
    assert sentence == ("m: $72.96 -> $152, +$79.04: output +$79.04 (price +$18.24, quantity +$24.32, both +$36.48)")
    assert signed_usd(Decimal("-0.001")) == "$0.00"
