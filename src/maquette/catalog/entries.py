"""The form of a catalog file: the same for what ships, for a plug-in's, a user's and a project's own knowledge.

One declaration checks a file and makes its JSON Schema. What breaks it is put into words in `entry_problems`; what a
checked entry changes is in `overlaying`. The days that must not lie in the future are compared with ``today`` of the
validation's context.
"""

import json
import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from maquette.catalog.cards import Capability, Mode
from maquette.catalog.hardware import AcceleratorEntry, HostEntry
from maquette.catalog.open_weights import LicenceEntry, WeightsEntry
from maquette.catalog.price_keys import FRIENDLY, is_price_key, per_token
from maquette.foundation.wording import shown, suggestion

FORMAT_VERSION = 1
"""The version of the form; a file of another version is refused."""

MOST_USD_PER_TOKEN = Decimal("0.01")
"""Above it a price for one token is taken for one for a million: the dearest published one is 0.00971."""

MOST_USD_PER_UNIT = Decimal(100)
LEAST_USD_PER_MTOK = Decimal("0.0005")
"""Below it a price for a million tokens is taken for one for a single token."""

LEAST_CONTEXT_TOK = 1000
LEAST_OUTPUT_TOK = 65

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def refused(what: str, fix: str) -> PydanticCustomError:
    """A value that cannot be right: the sentence and what to do, for the message."""
    return PydanticCustomError("refused", "{what}", {"what": what, "fix": fix})


def number(value: object) -> Decimal:
    """Numbers and text of numbers as exact decimals; a float of a program's own data by its shortest text.

    Raises:
        PydanticCustomError: It is no number that a catalog can hold.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise refused(f"{shown(value)} is not a number", "Write a number such as 0.25.")
    try:
        exact = Decimal(str(value).strip())
    except InvalidOperation:
        fix = "Write the figure alone, in USD." if "$" in str(value) else "Write a number such as 0.25."
        raise refused(f"{shown(value)} is not a number", fix) from None
    if not exact.is_finite():
        raise refused(f"{shown(str(value))} is not a number", "Leave the key out when the figure is unknown.")
    if abs(exact.adjusted()) > 30:
        raise refused(f"{shown(str(value))} is beyond all measure", "Check the figure.")
    return exact


def _price(amount: Decimal) -> Decimal:
    if amount < 0:
        raise refused(f"a price of {amount} is below zero", "Write what is charged; leave the key out when unknown.")
    return amount


def _day(value: object) -> object:
    """Text as a date; numbers are refused, so that none is read as seconds since 1970."""
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise refused(f"{shown(value)} is not a day", "Write a day of the calendar as 2026-11-20.")


def _past(day: date, info: ValidationInfo) -> date:
    today = (info.context or {}).get("today")
    if today is not None and day > today:
        raise refused(f"{day.isoformat()} lies in the future", "Write the day on which the source was read.")
    return day


def _fraction(amount: Decimal) -> Decimal:
    if amount < 0:
        raise refused(f"a score of {amount} is below zero", "Write a fraction of one, such as 0.81.")
    if amount > 1:
        fix = f"Write {amount / 100}." if amount <= 100 else "Write a fraction of one, such as 0.81."
        raise refused(f"{amount} is above one, and a score is a fraction of one; it looks like a percentage", fix)
    return amount


def _per_mtok(amount: Decimal) -> Decimal:
    if 0 < amount < LEAST_USD_PER_MTOK:
        raise refused(
            f"{amount} USD for a million tokens looks like a price for one token",
            "Write it under prices, with the price map's key, or multiply it by a million.",
        )
    if amount > MOST_USD_PER_TOKEN * 1_000_000:
        raise refused(f"{amount} USD for a million tokens is beyond all prices", "Check the figure and its unit.")
    return amount


def _prices(prices: dict[str, Decimal]) -> dict[str, Decimal]:
    wrong = [(key, *found) for key, amount in prices.items() if (found := implausible(key, amount))]
    if wrong:
        raise PydanticCustomError("several", "several prices cannot be right", {"parts": wrong})
    return prices


def implausible(key: str, amount: Decimal) -> tuple[str, str] | None:
    """What is wrong with a price for one unit, and what to do; None when it may be right."""
    if per_token(key) and amount > MOST_USD_PER_TOKEN:
        friendly = next((name for name, own in FRIENDLY.items() if own == key), None)
        fix = f"Write it under usd_per_mtok as {friendly}." if friendly else "Divide it by a million."
        return f"{amount} USD for one token looks like a price for a million tokens", fix
    if amount > MOST_USD_PER_UNIT:
        return f"{amount} USD for one unit is beyond all prices", "Check the figure and its unit."
    return None


def _context(tokens: int, info: ValidationInfo) -> int:
    """A prompt of fewer than a thousand tokens is one in thousands, except for models that take short text."""
    short = info.data.get("mode") not in {None, Mode.CHAT}
    if tokens < (32 if short else LEAST_CONTEXT_TOK):
        fix = f"Write {tokens}000 for {tokens} thousand."
        more = "" if short else " A model that does take so little needs its mode above it, such as embedding."
        raise refused(f"{tokens} tokens of context look like thousands of tokens", fix + more)
    return tokens


def _longest_answer(tokens: int) -> int:
    if tokens < LEAST_OUTPUT_TOK:
        fix = f"Write {tokens}000 for {tokens} thousand."
        raise refused(f"{tokens} tokens of output look like thousands of tokens", fix)
    return tokens


def _price_key(key: str) -> str:
    if not is_price_key(key):
        near = suggestion(key, _KNOWN_KEYS)
        raise refused(f"{shown(key)} is no key of the price map", near or "Use a key of the map, or usd_per_mtok.")
    return key


_KNOWN_KEYS = tuple(FRIENDLY.values())

Text = Annotated[str, Field(strict=True, min_length=1)]
Count = Annotated[int, Field(strict=True, ge=1)]
Number = Annotated[Decimal, BeforeValidator(number)]
Price = Annotated[Number, AfterValidator(_price)]
UsdPerMtok = Annotated[Price, AfterValidator(_per_mtok)]
Fraction = Annotated[Number, AfterValidator(_fraction)]
Day = Annotated[date, BeforeValidator(_day)]
PastDay = Annotated[Day, AfterValidator(_past)]
PriceKey = Annotated[str, AfterValidator(_price_key)]


class Entry(BaseModel):
    """A part of a file; keys that it does not have are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class ClaimEntry(Entry):
    """A score: one that somebody publishes, or one that you measured yourself."""

    benchmark: Text = Field(description="The benchmark's name, with its version")
    value: Fraction = Field(description="The score as a fraction of one")
    source: Text | None = Field(default=None, description="Page or report; the entry's source when absent")
    as_of: PastDay | None = Field(default=None, description="The day on which it was read or measured")


class UsdPerMtokEntry(Entry):
    """Prices in USD for a million tokens."""

    input: UsdPerMtok | None = Field(default=None, description="Input tokens")
    cached_input: UsdPerMtok | None = Field(default=None, description="Input tokens read from the prefix cache")
    cache_write: UsdPerMtok | None = Field(default=None, description="Input tokens written to the prefix cache")
    cache_write_1h: UsdPerMtok | None = Field(default=None, description="Input tokens written to a one-hour cache")
    output: UsdPerMtok | None = Field(default=None, description="Output tokens")
    reasoning: UsdPerMtok | None = Field(default=None, description="Reasoning tokens, where they have their own price")
    audio_input: UsdPerMtok | None = Field(default=None, description="Audio tokens in")
    audio_output: UsdPerMtok | None = Field(default=None, description="Audio tokens out")
    batch_input: UsdPerMtok | None = Field(default=None, description="Input tokens in the batch lane")
    batch_cached_input: UsdPerMtok | None = Field(default=None, description="Cached input tokens in the batch lane")
    batch_output: UsdPerMtok | None = Field(default=None, description="Output tokens in the batch lane")
    flex_input: UsdPerMtok | None = Field(default=None, description="Input tokens in the flex lane")
    flex_cached_input: UsdPerMtok | None = Field(default=None, description="Cached input tokens in the flex lane")
    flex_output: UsdPerMtok | None = Field(default=None, description="Output tokens in the flex lane")
    priority_input: UsdPerMtok | None = Field(default=None, description="Input tokens in the priority lane")
    priority_cached_input: UsdPerMtok | None = Field(default=None, description="Cached input tokens, priority lane")
    priority_output: UsdPerMtok | None = Field(default=None, description="Output tokens in the priority lane")


class ModelEntry(Entry):
    """What the file says of one model: of one that is known, the given fields replace; a new one needs a provider."""

    source: Text | None = Field(default=None, description="Where it comes from; the file's source when absent")
    as_of: PastDay | None = Field(default=None, description="The day on which the source was read")
    provider: Text | None = Field(default=None, description="Who offers the model; a new one needs it")
    hosting: Literal["api", "open_weights"] | None = Field(default=None, description="How it is reached; api if new")
    mode: Mode | None = Field(default=None, description="What it makes; chat if new")
    model: Text | None = Field(default=None, description="Its name on the model hub, Org/Name")
    context_tok: Annotated[Count, AfterValidator(_context)] | None = Field(
        default=None, description="The longest prompt in tokens, not in thousands"
    )
    max_output_tok: Annotated[Count, AfterValidator(_longest_answer)] | None = Field(
        default=None, description="The longest answer in tokens"
    )
    capabilities: dict[Capability, Annotated[bool, Field(strict=True)]] | None = Field(
        default=None, description="What it can and cannot do; what nobody says stays unknown"
    )
    zero_retention: Annotated[bool, Field(strict=True)] | None = Field(
        default=None, description="Whether a contract keeps the provider from storing requests"
    )
    baa: Annotated[bool, Field(strict=True)] | None = Field(
        default=None, description="Whether a business associate agreement (HIPAA) is signed"
    )
    regions: list[Text] | None = Field(default=None, description="Where requests are processed: eu, us, apac, ...")
    usd_per_mtok: UsdPerMtokEntry | None = Field(default=None, description="Prices for a million tokens")
    prices: Annotated[dict[PriceKey, Price], AfterValidator(_prices)] | None = Field(
        default=None, description="Prices for one unit in USD, with the price map's own keys"
    )
    min_cacheable_tok: Count | None = Field(default=None, description="Tokens that a prefix needs to be cached")
    retires_on: Day | None = Field(default=None, description="The last day on which it answers")
    vector_dims: Count | None = Field(default=None, description="The length of an embedding's vectors")
    limit_rpm: Count | None = Field(default=None, description="Requests a minute that the account may send")
    limit_tpm: Count | None = Field(default=None, description="Tokens a minute that the account may send")
    weights: WeightsEntry | None = Field(default=None, description="The shape of an open model")
    licence: LicenceEntry | None = Field(default=None, description="The licence of an open model")
    claims: list[ClaimEntry] | None = Field(default=None, description="Published scores")
    measured: list[ClaimEntry] | None = Field(default=None, description="Scores that you measured on data of your own")
    notes: list[Text] | None = Field(default=None, description="What else a reader must know, a sentence each")


class CatalogFile(Entry):
    """Knowledge of models, prices and machines."""

    schema_: Literal[1] = Field(alias="schema", description="The version of this file's form")
    source: Text | None = Field(default=None, description="Where the entries come from that name no source themselves")
    as_of: PastDay | None = Field(default=None, description="The day on which that source was read")
    models: dict[Text, ModelEntry] | None = Field(default=None, description="Models by id")
    gpus: list[AcceleratorEntry] | None = Field(default=None, description="Accelerators, as in hardware/gpus.yaml")
    hosts: list[HostEntry] | None = Field(default=None, description="Machines, as in hardware/hosts.yaml")


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of a catalog file, as the text of a file."""
    schema = {"$schema": _DIALECT, **_without_titles(CatalogFile.model_json_schema())}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _without_titles(schema: Any) -> Any:
    """Field names are their own titles."""
    match schema:
        case dict():
            return {key: _without_titles(value) for key, value in schema.items() if not _is_title(key, value)}
        case list():
            return [_without_titles(value) for value in schema]
    return schema


def _is_title(key: str, value: object) -> bool:
    return key == "title" and isinstance(value, str)
