"""Spend logs and bills read as sums by the day: each kind's columns, exact money, UTC days, what is left out."""

import gzip
import json
import os
import signal
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Timer

import duckdb
import pytest

from maquette.adapters.spend_files import HowToRead, Rate, SpendFile, read_spend
from maquette.analytics import foreign_table
from maquette.cost.actuals import DayRow
from maquette.foundation.problems import InvalidInput, NotFound
from tests.spend_world import LITELLM, SECRET, litellm_row, write_csv

DAY = date(2026, 10, 3)


def read(path: Path, **how: object) -> SpendFile:
    return read_spend(path, HowToRead(**how))  # type: ignore[arg-type]  # a test names the fields


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_a_litellm_log_is_summed_by_day_model_provider_tag_and_team(tmp_path: Path) -> None:
    rows = [litellm_row(1), litellm_row(2, cache_hit="True"), litellm_row(3, status="failure", spend="0")]
    found = read(write_csv(tmp_path / "log.csv", rows, LITELLM))
    assert (found.kind, found.read, found.broken, found.repeated) == ("litellm", 3, 0, 0)
    assert found.rows == (
        DayRow(
            day=DAY,
            model="gpt-6-luna",
            provider="openai",
            tag="support",
            team="team-a",
            requests=2,
            cache_hits=1,
            failed=1,
            input_tok=3000,
            cached_tok=1200,
            output_tok=600,
            usd=Decimal("0.002"),
        ),
    )


def test_keys_users_and_prompts_are_nowhere_in_what_is_read(tmp_path: Path) -> None:
    found = repr(read(write_csv(tmp_path / "log.csv", [litellm_row(1)], LITELLM)))
    assert not [word for word in (SECRET, "example.com", "prompt\\", "chatcmpl") if word in found]


@pytest.mark.parametrize("form", ["jsonl", "json", "parquet", "csv.gz"])
def test_the_same_log_reads_the_same_in_every_form(tmp_path: Path, form: str) -> None:
    rows = [litellm_row(number) for number in range(5)]
    plain = write_csv(tmp_path / "log.csv", rows, LITELLM)
    path = tmp_path / f"log.{form}"
    if form == "csv.gz":
        path.write_bytes(gzip.compress(plain.read_bytes()))
    elif form == "parquet":
        duckdb.sql(f"copy (from read_csv('{plain}', types = {{'spend': 'DOUBLE'}})) to '{path}' (format parquet)")
    else:
        data = [{**row, "spend": 0.001, "request_tags": ["support"], "metadata": json.loads(str(row["metadata"]))}
                for row in rows]  # fmt: skip
        path.write_text("\n".join(map(json.dumps, data)) if form == "jsonl" else json.dumps(data), encoding="utf-8")
    assert read(path).rows == read(plain).rows
    assert read(path).ids == read(plain).ids


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-10-03T23:30:00-02:00", date(2026, 10, 4)),
        ("2026-10-03T00:30:00+02:00", date(2026, 10, 2)),
        ("2026-10-03T23:59:59Z", DAY),
        ("2026-10-03 23:59:59.999", DAY),
        ("1790985600", date(2026, 10, 3)),
        ("1790985600000", date(2026, 10, 3)),
    ],
)
def test_days_are_those_of_utc_whatever_zone_a_time_is_in(tmp_path: Path, moment: str, day: date) -> None:
    found = read(write_csv(tmp_path / "log.csv", [litellm_row(1, startTime=moment)], LITELLM))
    assert [row.day for row in found.rows] == [day]


@pytest.mark.parametrize("moment", ["20261003", "03/10/2026", "46000", "0001-01-01", "soon"])
def test_a_day_that_could_mean_two_things_is_broken(tmp_path: Path, moment: str) -> None:
    path = write_csv(tmp_path / "log.csv", [litellm_row(1), litellm_row(2, startTime=moment)], LITELLM)
    with pytest.raises(InvalidInput) as caught:
        read(path)
    assert caught.value.place.line == 3
    assert read(path, skip_broken=True).broken == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"spend": "a lot"}, "the cell of spend cannot be read (row 2)"),
        ({"spend": "NaN"}, "the cell of spend cannot be read (row 2)"),
        ({"prompt_tokens": "1,000"}, "the cell of prompt_tokens cannot be read (row 2)"),
        ({"startTime": ""}, "it has no date (row 2)"),
        ({"spend": "1e15"}, "a figure is absurdly large (row 2)"),
        ({"completion_tokens": "9" * 20}, "a figure is absurdly large (row 2)"),
    ],
)
def test_a_broken_row_is_named_or_counted(tmp_path: Path, changes: dict[str, object], why: str) -> None:
    path = write_csv(tmp_path / "log.csv", [litellm_row(1), litellm_row(2, **changes), litellm_row(3)], LITELLM)
    with pytest.raises(InvalidInput) as caught:
        read(path)
    assert caught.value.what == f"{why}; 1 such rows in all"
    assert (caught.value.place.file, caught.value.place.line) == ("log.csv", 3)
    left = read(path, skip_broken=True)
    assert (left.broken, left.read, left.rows[0].requests) == (1, 3, 2)
    assert left.notes == ("broken rows that were left out: 1",)


def test_a_row_with_too_few_cells_is_named_by_its_line_or_counted(tmp_path: Path) -> None:
    path = text(tmp_path / "c.csv", "day,model,usd\n2026-10-03,a,1\n2026-10-03,b\n2026-10-03,c,2\n")
    how = {"kind": "generic", "columns": {"day": "day", "model": "model", "usd": "usd"}}
    with pytest.raises(InvalidInput) as caught:
        read(path, **how)
    assert (caught.value.place.line, "Expected Number of Columns: 3 Found: 2" in caught.value.what) == (3, True)
    assert read(path, skip_broken=True, **how).broken == 1


def test_a_line_that_is_no_json_is_named_or_counted(tmp_path: Path) -> None:
    good = json.dumps(litellm_row(1))
    path = text(tmp_path / "log.jsonl", f"{good}\nnot json\n{json.dumps(litellm_row(2))}\n")
    with pytest.raises(InvalidInput) as caught:
        read(path)
    assert (caught.value.place.line, caught.value.what[:24]) == (2, "it is no JSON object wit")
    assert read(path, skip_broken=True).rows[0].requests == 2


def test_metadata_that_is_no_json_leaves_the_cached_tokens_unknown(tmp_path: Path) -> None:
    (row,) = read(write_csv(tmp_path / "log.csv", [litellm_row(1, metadata="{oops")], LITELLM)).rows
    assert (row.cached_tok, row.input_tok) == (None, 1000)


def test_a_request_that_stands_twice_is_counted_once(tmp_path: Path) -> None:
    rows = [litellm_row(1), litellm_row(2), litellm_row(1)]
    found = read(write_csv(tmp_path / "log.csv", rows, LITELLM))
    assert (found.repeated, found.read, found.rows[0].usd) == (1, 3, Decimal("0.002"))


def test_money_is_exact_and_refunds_count_against_it(tmp_path: Path) -> None:
    path = text(
        tmp_path / "c.csv",
        "day,usd\n2026-10-03,0.1\n2026-10-03,0.2\n2026-10-03,-0.300000000001\n2026-10-04,999999999999.99\n",
    )
    found = read(path, kind="generic", columns={"day": "day", "usd": "usd"})
    assert [row.usd for row in found.rows] == [Decimal("-0.000000000001"), Decimal("999999999999.99")]


def test_another_currency_needs_a_rate_with_its_day(tmp_path: Path) -> None:
    path = text(tmp_path / "c.csv", "day;cost;cur\n2026-10-03;10;EUR\n2026-10-03;1;usd\n")
    how = {"kind": "generic", "columns": {"day": "day", "usd": "cost", "currency": "cur"}}
    with pytest.raises(InvalidInput, match="in 'EUR', not in USD"):
        read(path, **how)
    rate = Rate(currency="EUR", usd=Decimal("1.08"), as_of=date(2026, 10, 31))
    found = read(path, rates=(rate,), **how)
    assert (found.rows[0].usd, found.notes) == (Decimal("11.8"), ("EUR at 1.08 USD of 2026-10-31",))


def test_openais_cost_export_has_tokens_in_its_line_items(tmp_path: Path) -> None:
    at = "1790553600,1790640000,2026-09-28T00:00:00,2026-09-29T00:00:00"
    path = text(
        tmp_path / "cost.csv",
        "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,quantity_unit,line_item,"
        "user_email,project_id,project_name\n"
        "1790467200,1790553600,2026-09-27T00:00:00+00:00,2026-09-28T00:00:00+00:00,,,,,,,,\n"
        f'{at},0.5,usd,1000,tokens,"gpt-6, input",a@b.c,p1,Apps\n'
        f'{at},0.05,usd,400,tokens,"gpt-6, cached input",,p1,Apps\n'
        f'{at},0.25,usd,100,tokens,"gpt-6, output",,p1,Apps\n',
    )
    (row,) = read(path).rows
    assert (row.day, row.model, row.provider, row.team) == (date(2026, 9, 28), "gpt-6", "openai", "Apps")
    assert (row.input_tok, row.cached_tok, row.output_tok, row.usd) == (1400, 400, 100, Decimal("0.80"))


def test_anthropics_exports_are_tokens_or_dollars(tmp_path: Path) -> None:
    usage = text(
        tmp_path / "usage.csv",
        "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,"
        "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
        "usage_output_tokens,web_search_count,inference_geo,speed\n"
        "2026-10-03,claude-haiku-5-5,key,Default,standard,<= 200k,100,20,3,400,50,0,global,\n",
    )
    (row,) = read(usage).rows
    assert (row.input_tok, row.cached_tok, row.output_tok, row.usd) == (523, 400, 50, None)
    costs = text(
        tmp_path / "cost.csv",
        "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,cost_type\n"
        "2026-10-03,Claude Haiku 5.5,Default,key,message,<= 200k,input_no_cache,0.05,token\n"
        "2026-10-03,Claude Haiku 5.5,Default,key,message,<= 200k,output,0.02,token\n",
    )
    (row,) = read(costs).rows
    assert (row.usd, row.input_tok, row.team) == (Decimal("0.07"), None, "Default")


def test_of_a_clouds_bill_one_service_counts(tmp_path: Path) -> None:
    bill = text(
        tmp_path / "focus.csv",
        "ChargePeriodStart,BilledCost,BillingCurrency,ServiceName,SkuMeter,SubAccountName\n"
        "2026-10-03T00:00:00Z,2.5,USD,Foundry Models,gpt-6 input,prod\n"
        "2026-10-03T00:00:00Z,100,USD,Virtual Machines,D4,prod\n",
    )
    with pytest.raises(InvalidInput, match="its services are 'Foundry Models', 'Virtual Machines'"):
        read(bill)
    assert [row.usd for row in read(bill, service="foundry").rows] == [Decimal("2.5")]
    aws = text(
        tmp_path / "cur.csv",
        "line_item_usage_start_date,line_item_unblended_cost,line_item_currency_code,line_item_product_code,"
        "line_item_usage_type\n2026-10-03 00:00:00,3,USD,AmazonBedrock,USE1-Nova-input-tokens\n"
        "2026-10-03 00:00:00,50,USD,AmazonEC2,BoxUsage\n",
    )
    assert [(row.usd, row.provider) for row in read(aws).rows] == [(Decimal(3), "bedrock")]


def test_unknown_columns_are_told_in_one_message(tmp_path: Path) -> None:
    path = text(tmp_path / "c.csv", "when,[bold]what\x1b[31m,money\n2026-10-03,a,1\n")
    with pytest.raises(InvalidInput) as caught:
        read(path)
    assert "it has 'when', '[bold]what\\x1b[31m', 'money'" in caught.value.what
    assert "--columns day=date" in caught.value.fix
    with pytest.raises(InvalidInput, match="no column 'mony'"):
        read(path, kind="generic", columns={"day": "when", "usd": "mony"})


@pytest.mark.parametrize(
    "name", ["a'; drop table x; --", 'a"b', "=HYPERLINK(1)", "[bold]x[/]", "\x1b[31mred", "{rows}", "../../etc", "模型"]
)
def test_names_are_data_whatever_stands_in_them(tmp_path: Path, name: str) -> None:
    rows = [litellm_row(1, model=name, request_tags=json.dumps([name]), team_id=name)]
    folder = tmp_path / "a'b [*]"
    folder.mkdir()
    (row,) = read(write_csv(folder / "log*'.csv", rows, LITELLM)).rows
    assert (row.model, row.tag, row.team) == (name, name, name)


@pytest.mark.parametrize("name", ["a'b", 'a"b', "foreign_rows", "select", "{x}", "模 型"])
def test_columns_of_any_name_can_be_mapped(tmp_path: Path, name: str) -> None:
    path = write_csv(tmp_path / "g.csv", [{"day": "2026-10-03", name: "2.5"}])
    parquet = tmp_path / "g.parquet"
    duckdb.sql(f"copy (from read_csv('{path}', all_varchar = true)) to '{parquet}' (format parquet)")
    for one in (path, parquet):
        found = read(one, kind="generic", columns={"day": "day", "usd": name})
        assert [row.usd for row in found.rows] == [Decimal("2.5")]


def test_only_the_named_file_is_read(tmp_path: Path) -> None:
    write_csv(tmp_path / "b.csv", [litellm_row(1)], LITELLM)
    path = write_csv(tmp_path / "[ab].csv", [litellm_row(2)], LITELLM)
    assert read(path).read == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.csv", ""), ("x.csv", "a,a\n1,2\n"), ("x.jsonl", "[1]\n"), ("x.parquet", "PAR1"), ("x.xlsx", "")],
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(InvalidInput):
        read(text(tmp_path / name, content))


def test_an_export_without_rows_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no row with a day"):
        read(text(tmp_path / "e.csv", ",".join(LITELLM) + "\n"))
    with pytest.raises(NotFound, match="no such file"):
        read(tmp_path / "none.csv")


def test_text_with_line_breaks_quotes_and_a_byte_order_mark_reads_as_it_is(tmp_path: Path) -> None:
    content = '\ufeffday,model,usd\r\n2026-10-03,"a\r\nb, c",1.5\r\n2026-10-04,"he said ""hi""", 2 \r\n'
    (tmp_path / "real.csv").write_bytes(content.encode())
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    found = read(tmp_path / "link.csv", kind="generic", columns={"day": "day", "model": "model", "usd": "usd"})
    assert [(row.model, row.usd) for row in found.rows] == [("a\r\nb, c", Decimal("1.5")), ('he said "hi"', Decimal(2))]


@pytest.mark.parametrize("kind", ["TIMESTAMPTZ", "TIMESTAMP", "TIMESTAMP_NS", "VARCHAR"])
def test_parquet_times_of_every_type_are_days_of_utc(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.parquet"
    moment = "cast('2026-10-03 23:30:00+00' as timestamptz)"
    if kind != "TIMESTAMPTZ":
        moment = f"cast('2026-10-03 23:30:00' as {kind})"
    duckdb.sql(f"copy (select {moment} as t, cast('0.1' as decimal(10, 4)) as c) to '{path}' (format parquet)")
    (row,) = read(path, kind="generic", columns={"day": "t", "usd": "c"}).rows
    assert (row.day, row.usd) == (DAY, Decimal("0.1"))


def test_a_query_over_a_foreign_table_can_read_no_other_file(tmp_path: Path) -> None:
    secret = text(tmp_path / "secret.csv", "a\n1\n")
    with foreign_table(text(tmp_path / "x.csv", "a,b\n1,2\n")) as table:
        assert table.query(f"select {table.column('b')} as b from foreign_rows") == [{"b": "2"}]
        with pytest.raises(InvalidInput, match="Permission Error"):
            table.query(f"from read_csv('{secret}')")
        with pytest.raises(InvalidInput, match="Permission Error"):
            table.query(f"copy (select 1) to '{tmp_path / 'out.csv'}'")


def test_ctrl_c_ends_a_long_query(tmp_path: Path) -> None:
    with foreign_table(text(tmp_path / "x.csv", "a\n1\n")) as table:
        timer = Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            table.query("select count(*) from range(100_000_000_000) as t(i), foreign_rows where i % 7 = 1")
        timer.join()
