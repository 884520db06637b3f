"""How spend logs and bills are laid out: which column of each kind holds what, as SQL over its rows.

Columns that can hold keys, addresses, prompts or answers are never named here, so they are never read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from maquette.analytics import ForeignTable

AMOUNTS = ("usd", "requests", "cache_hits", "failed", "input_tok", "cached_tok", "output_tok")
TEXTS = ("model", "provider", "tag", "team", "currency")
FIELDS = ("day", *TEXTS, *AMOUNTS, "request_id")
"""All that a row can say. ``usd`` is in the row's currency."""

WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"})
"""Types whose cells are always readable numbers."""

Sql: TypeAlias = str
Fields: TypeAlias = Mapping[str, Sql]


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """One kind of file.

    Attributes:
        kind: As after ``--kind``.
        needs: Columns without which it is another kind; in small letters.
        fields: What each field is, as SQL that gives NULL where a cell is empty or cannot be read.
        service: The column that tells one service of a bill from another, with a point before a field of it;
            usual_service: the one that counts.
    """

    kind: str
    needs: tuple[str, ...]
    fields: Callable[["Columns"], Fields]
    service: str | None = None
    usual_service: str | None = None


class Columns:
    """The columns of a table as SQL, asked by name in any letter case; what is absent is NULL.

    Attributes:
        unreadable: Of each column asked for as a number or a day: the test that its cell is filled and is none.
    """

    def __init__(self, table: ForeignTable) -> None:
        self._table = table
        self.unreadable: dict[str, Sql] = {}
        self._names = {name.casefold(): name for name in table.columns}

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._names

    def kind(self, name: str) -> str:
        """The column's type."""
        return self._table.columns[self._names[name.casefold()]]

    def raw(self, name: str) -> Sql:
        """The column itself."""
        return self._table.column(self._names[name.casefold()])

    def text(self, *names: str) -> Sql:
        """The first of the columns that is there and filled, as it stands: whoever sums up cleans far fewer of them."""
        cells = [self._as_text(name) for name in names if name in self]
        if len(cells) < 2:
            return cells[0] if cells else "cast(null as varchar)"
        filled = [f"nullif({cell}, '')" for cell in cells]
        return f"coalesce({', '.join(filled)})"

    def _as_text(self, name: str) -> Sql:
        cell = self.raw(name)
        return cell if self.kind(name) == "VARCHAR" else f"cast({cell} as varchar)"

    def nested(self, path: str) -> Sql | None:
        """A field such as ``service.description`` as text: a structure's, or a column that was made of it.

        Spelled with the point, or with an underscore in its place; None where there is neither.
        """
        flat = next((name for name in (path, path.replace(".", "_")) if name in self), None)
        if flat is not None:
            return self._as_text(flat)
        name, _, field = path.partition(".")
        if name not in self or not field:
            return None
        kind = self.kind(name)
        if kind.startswith("STRUCT") and f"{field} " in kind.replace('"', ""):
            return f"cast({self.raw(name)}['{field}'] as varchar)"
        return f"json_extract_string({self.raw(name)}, '$.{field}')" if kind == "VARCHAR" else None

    def number(self, *names: str) -> Sql:
        """The first of the columns that is there, as an exact number."""
        found = next((name for name in names if name in self), None)
        if found is None:
            return "null"
        cell, kind = self.raw(found), self.kind(found)
        if kind in WHOLE:
            return cell
        cell = f"nullif(trim({cell}), '')" if kind == "VARCHAR" else cell
        number = f"try_cast({cell} as decimal(38, 12))"
        self.unreadable[found] = f"{cell} is not null and {number} is null"
        return number

    def day(self, *names: str) -> Sql:
        """The first of the columns that is there, as a day in UTC; a time without a zone is UTC."""
        found = next((name for name in names if name in self), None)
        if found is None:
            return "null"
        cell, kind = self.raw(found), self.kind(found)
        if kind == "DATE":
            return cell
        if kind.startswith("TIMESTAMP") and "TIME ZONE" not in kind:
            return f"cast({cell} as date)"
        moment = cell
        if kind == "VARCHAR":
            cell = f"nullif(trim({cell}), '')"
            moment = f"coalesce(try_cast({cell} as timestamptz), {_moment(f'try_cast({cell} as bigint)')})"
        elif "TIME ZONE" not in kind:
            moment = _moment(f"try_cast({cell} as bigint)")
        self.unreadable[found] = f"{cell} is not null and {moment} is null"
        return f"cast({moment} at time zone 'UTC' as date)"


def _moment(number: Sql) -> Sql:
    """Seconds since 1970, or milliseconds; NULL outside of 2000 to 2100, where 20261031 would fall."""
    seconds = f"case when abs({number}) < 100000000000 then {number} else {number} / 1000 end"
    return f"case when {seconds} between 946684800 and 4102444800 then to_timestamp({seconds}) end"


def _litellm(columns: Columns) -> Fields:
    hit = f"coalesce({columns.text('cache_hit')} in ('True', 'true', 't'), false)"
    failed = f"coalesce({columns.text('status')} = 'failure', false)"
    return {
        "day": columns.day("startTime"),
        "model": columns.text("model", "model_group"),
        "provider": columns.text("custom_llm_provider"),
        "tag": columns.text("request_tags"),
        "team": columns.text("team_id"),
        "usd": columns.number("spend"),
        "requests": f"cast(not {failed} as integer)",
        "cache_hits": f"cast({hit} as integer)" if "cache_hit" in columns else "null",
        "failed": f"cast({failed} as integer)" if "status" in columns else "null",
        "input_tok": columns.number("prompt_tokens"),
        "cached_tok": _litellm_cached(columns),
        "output_tok": columns.number("completion_tokens"),
        "request_id": columns.text("request_id"),
    }


def _litellm_cached(columns: Columns) -> Sql:
    """``additional_usage_values.cache_read_input_tokens`` of the metadata (litellm, SpendLogsMetadata)."""
    if "metadata" not in columns:
        return "null"
    cell = f"cast({columns.raw('metadata')} as varchar)"
    found = f"json_extract_string({cell}, '$.additional_usage_values.cache_read_input_tokens')"
    return f"try(try_cast({found} as bigint))"


def _openai_costs(columns: Columns) -> Fields:
    item = columns.text("line_item")
    what = f"lower(trim(substr({item}, strpos({item}, ',') + 1)))"
    tokens = f"case when lower({columns.text('quantity_unit')}) = 'tokens' then {columns.number('quantity')} end"
    return {
        "day": columns.day("start_time_iso", "start_time"),
        "model": f"trim(split_part({item}, ',', 1))",
        "provider": "'openai'",
        "team": columns.text("project_name", "project_id"),
        "currency": columns.text("amount_currency"),
        "usd": columns.number("amount_value"),
        "input_tok": f"case when {what} like '%input%' then {tokens} end",
        "cached_tok": f"case when {what} like '%cached%' then {tokens} end",
        "output_tok": f"case when {what} like '%output%' then {tokens} end",
    }


def _openai_usage(columns: Columns) -> Fields:
    return {
        "day": columns.day("start_time_iso", "start_time"),
        "model": columns.text("model"),
        "provider": "'openai'",
        "team": columns.text("project_name", "project_id"),
        "requests": columns.number("num_model_requests"),
        "input_tok": columns.number("input_tokens"),
        "cached_tok": columns.number("input_cached_tokens"),
        "output_tok": columns.number("output_tokens"),
    }


def _anthropic_usage(columns: Columns) -> Fields:
    read = columns.number("usage_input_tokens_cache_read")
    parts = [columns.number("usage_input_tokens_no_cache"), read]
    names = ("cache_write_5m", "cache_write_1h", "cache_write")
    parts += [columns.number(f"usage_input_tokens_{name}") for name in names]
    whole = " + ".join(f"coalesce({part}, 0)" for part in parts if part != "null")
    return {
        "day": columns.day("usage_date_utc"),
        "model": columns.text("model_version"),
        "provider": "'anthropic'",
        "team": columns.text("workspace"),
        "input_tok": whole,
        "cached_tok": read,
        "output_tok": columns.number("usage_output_tokens"),
    }


def _anthropic_costs(columns: Columns) -> Fields:
    return {
        "day": columns.day("usage_date_utc"),
        "model": columns.text("model"),
        "provider": "'anthropic'",
        "team": columns.text("workspace"),
        "usd": columns.number("cost_usd"),
    }


def _aws(columns: Columns) -> Fields:
    return {
        "day": columns.day("line_item_usage_start_date", "lineItem/UsageStartDate"),
        "model": columns.text("line_item_usage_type", "lineItem/UsageType"),
        "provider": "'bedrock'",
        "team": columns.text("line_item_usage_account_name", "line_item_usage_account_id", "lineItem/UsageAccountId"),
        "currency": columns.text("line_item_currency_code", "lineItem/CurrencyCode"),
        "usd": columns.number("line_item_unblended_cost", "lineItem/UnblendedCost"),
    }


def _azure(columns: Columns) -> Fields:
    return {
        "day": columns.day("Date"),
        "model": columns.text("MeterName", "MeterSubCategory"),
        "provider": "'azure'",
        "team": columns.text("ResourceGroup"),
        "currency": columns.text("BillingCurrency", "BillingCurrencyCode"),
        "usd": columns.number("CostInBillingCurrency"),
    }


def _focus(columns: Columns) -> Fields:
    return {
        "day": columns.day("ChargePeriodStart"),
        "model": columns.text("SkuMeter", "x_SkuMeterName", "ResourceName", "ChargeDescription", "SkuId"),
        "provider": columns.text("ServiceProviderName", "ProviderName", "PublisherName"),
        "team": columns.text("SubAccountName", "SubAccountId"),
        "currency": columns.text("BillingCurrency"),
        "usd": columns.number("BilledCost"),
    }


def _google(columns: Columns) -> Fields:
    return {
        "day": columns.day("usage_start_time"),
        "model": columns.nested("sku.description") or "cast(null as varchar)",
        "provider": "'google'",
        "team": columns.nested("project.name") or columns.nested("project.id") or "cast(null as varchar)",
        "currency": columns.text("currency"),
        "usd": _with_credits(columns),
    }


def _with_credits(columns: Columns) -> Sql:
    """``cost`` and the row's credits, which are negative; a credit that cannot be read makes the row unreadable."""
    cost = columns.number("cost")
    if "credits" not in columns:
        return cost
    kind = columns.kind("credits")
    cell = f"nullif(trim({columns.raw('credits')}), '')" if kind == "VARCHAR" else f"to_json({columns.raw('credits')})"
    amount = f"try_cast({cell} as decimal(38, 12))"
    if kind.endswith("]") or "STRUCT" in kind or kind == "VARCHAR":
        listed = f"[try_cast(one as decimal(38, 12)) for one in try(json_extract_string({cell}, '$..amount'))]"
        all_read = f"list_count({listed}) = len({listed})"
        amount = (
            f"case when try(json_type({cell})) = 'NULL' then 0"
            f" when try(json_type({cell})) not in ('ARRAY', 'OBJECT') then {amount}"
            f" when {all_read} then coalesce(list_sum({listed}), 0) end"
        )
    columns.unreadable["credits"] = f"{cell} is not null and {amount} is null"
    return f"{cost} + coalesce({amount}, 0)"


LAYOUTS: tuple[Layout, ...] = (
    # LiteLLM's table LiteLLM_SpendLogs (schema.prisma of litellm 1.106).
    Layout(kind="litellm", needs=("request_id", "spend", "starttime", "prompt_tokens"), fields=_litellm),
    # The cost and the activity export of OpenAI's dashboard.
    Layout(kind="openai", needs=("start_time", "amount_value", "amount_currency"), fields=_openai_costs),
    Layout(kind="openai", needs=("start_time", "num_model_requests", "input_tokens"), fields=_openai_usage),
    # The usage and the cost export of Anthropic's console.
    Layout(kind="anthropic", needs=("usage_date_utc", "usage_input_tokens_no_cache"), fields=_anthropic_usage),
    Layout(kind="anthropic", needs=("usage_date_utc", "cost_usd"), fields=_anthropic_costs),
    # Bills: docs.aws.amazon.com/cur (2.0 and legacy), learn.microsoft.com cost details schema, focus.finops.org.
    Layout(
        kind="aws",
        needs=("line_item_usage_start_date", "line_item_unblended_cost"),
        fields=_aws,
        service="line_item_product_code",
        usual_service="Bedrock",
    ),
    Layout(
        kind="aws",
        needs=("lineitem/usagestartdate", "lineitem/unblendedcost"),
        fields=_aws,
        service="lineItem/ProductCode",
        usual_service="Bedrock",
    ),
    Layout(
        kind="azure", needs=("date", "costinbillingcurrency", "metercategory"), fields=_azure, service="MeterCategory"
    ),
    Layout(
        kind="focus", needs=("chargeperiodstart", "billedcost", "servicename"), fields=_focus, service="ServiceName"
    ),
)
LAYOUTS += tuple(
    # The BigQuery export of Cloud Billing, standard or detailed, as JSON or Parquet, or flattened to CSV
    # (docs.cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/standard-usage).
    Layout(kind="google", needs=("usage_start_time", "cost", sku), fields=_google, service="service.description")
    for sku in ("sku", "sku.description", "sku_description")
)
KINDS = ("auto", *dict.fromkeys(layout.kind for layout in LAYOUTS), "generic")


def generic_layout(mapping: Mapping[str, str]) -> Layout:
    """A layout from ``field=column`` pairs."""

    def fields(columns: Columns) -> Fields:
        found = {"day": columns.day(mapping["day"])}
        found.update({name: columns.text(mapping[name]) for name in (*TEXTS, "request_id") if name in mapping})
        found.update({name: columns.number(mapping[name]) for name in AMOUNTS if name in mapping})
        return found

    return Layout(kind="generic", needs=tuple(name.casefold() for name in mapping.values()), fields=fields)
