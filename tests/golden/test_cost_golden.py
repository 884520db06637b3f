"""The projection of a support triage, whole, as a file that is read in review."""

import json
import os
from decimal import Decimal
from pathlib import Path

from maquette.foundation.lineage import plain
from tests.cost_world import api, facts, machine, measured, project

GOLDEN = Path(__file__).parent / "cost_support_triage.json"
"""Written anew with MAQUETTE_WRITE_GOLDEN=1; read the difference before it is kept."""


def test_the_projection_of_a_support_triage_is_the_one_that_was_reviewed() -> None:
    given = facts(
        scale__requests_per_day=10_000,
        scale__peak_factor=4,
        scale__active_hours=10,
        scale__growth_pct_month=5,
        scale__async_share=0.2,
        tokens__input_avg=1450,
        tokens__input_p99=2600,
        tokens__shared_prefix=1200,
        tokens__output_avg=60,
        tokens__output_max=120,
        budget__monthly_usd=600,
        availability__target=0.999,
        lifecycle__horizon_months=3,
    )
    result = measured(mean_input_tok=1387.25, mean_output_tok=41.0, calls_made=102)
    fast_prices = {"fresh": "0.1", "cached": "0.01", "written": "0.125", "output": "0.5"}
    projection = project(
        given,
        api("mid", fresh="1", cached="0.05", output="5"),
        api("fast", result, batch_fresh="0.05", batch_output="0.25", **fast_prices),
        machine("local", usd_per_hour="0.34", throughput_per_s=1.75),
        machine("unmeasured", throughput_per_s=None),
        defaulted={"availability.target"},
    )
    found = json.dumps(plain(projection), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("MAQUETTE_WRITE_GOLDEN"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")
    fast = projection.option("fast")
    assert fast is not None
    assert fast.first_month_usd is not None
    # By hand: 304,000 requests; the share of 0.8 that waits 250*.1 + 1200*.01 + 60*.5, the batch 1450*.05 + 60*.25
    # dollars a million, and 2 % retries; a ten thousandth of those who wait writes the prefix: 1200 * .115.
    waiting, later = Decimal("67") + Decimal("0.0001") * 1200 * Decimal("0.115"), Decimal("87.5")
    assert later > waiting
    assert abs(fast.first_month_usd.base - 304_000 * waiting * Decimal("1.02") / 1_000_000) < Decimal("0.00001")
