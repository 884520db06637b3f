"""The price engine: which of a price table's entries apply to a request, and what they add up to.

Rules, as the providers publish them: a price step applies to the whole request once its prompt, cached tokens
included, passes the step; a lane (batch, flex, priority) is charged at its own prices, and one that a model does not
list is not offered; a prefix below the model's minimum is not cached; writing to a cache that has no price for it is
plain input. What has no price is unpriced, never zero and never at the price of something else.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Context, Decimal
from operator import attrgetter
from typing import Any

from maquette.catalog.lanes import Entry, Lane, lane_of, step_name
from maquette.catalog.metering import (
    A_REQUEST,
    CACHED,
    INPUT,
    INPUT_PARTS,
    OUTPUT,
    OUTPUT_PARTS,
    WRITTEN,
    Part,
    Unpriced,
    exact,
    keys_of,
    meter_of,
)
from maquette.catalog.prices import PriceLine, PriceTable, Quantity, Quote, Tier, Usage
from maquette.foundation.problems import InvalidInput

_EXACT = Context(prec=80)
"""Digits enough for any price times any quantity, so that no product is rounded."""

_INPUT_COUNTS = attrgetter(*(part.field for part in INPUT_PARTS))
_OUTPUT_COUNTS = attrgetter(*(part.field for part in OUTPUT_PARTS))
_CACHE_FIELDS = tuple(part.field for part in INPUT_PARTS if part.field.startswith("cache"))
_READ_FIELDS = tuple(field for field in _CACHE_FIELDS if field.startswith("cached"))
_WRITES = (WRITTEN, f"{WRITTEN}_above_1hr", f"{WRITTEN}_above_12hr")


def quote(table: PriceTable, usage: Usage) -> Quote:
    """What one request costs.

    Returns:
        Lines for what it has. ``total_usd`` is None when a price is missing or the lane is not offered.

    Raises:
        InvalidInput: The usage contradicts itself: parts that are more than the whole, negative quantities.
    """
    lane = lane_of(table, usage.tier)
    _check(usage)
    if not lane.offered:
        reason = f"the {usage.tier} lane is not offered"
        return Quote(lines=(), total_usd=None, source=table.source, missing=(reason,), offered=False)
    gap = lane.gap(usage.input_tok)
    if gap is not None:
        reason = f"the {usage.tier} lane has no prices above {step_name(gap)} tokens"
        return Quote(lines=(), total_usd=None, source=table.source, missing=(reason,), notes=table.remarks)
    return _Reckoning(table, lane, usage).quote()


def total_usd(table: PriceTable, usage: Usage) -> Decimal | None:
    """The total of `quote` without its lines: for thousands of tables at a keystroke.

    Raises:
        InvalidInput: As `quote`.
    """
    cached = usage.cached_tok
    special = any(_OUTPUT_COUNTS(usage)) or usage.amounts or usage.region or sum(_INPUT_COUNTS(usage)) != cached
    if special or not (0 <= cached <= usage.input_tok and usage.output_tok >= 0):
        return quote(table, usage).total_usd
    lane = lane_of(table, usage.tier)
    if not lane.offered or lane.gap(usage.input_tok) is not None:
        return None
    if table.min_cacheable_tok is not None and cached < table.min_cacheable_tok:
        cached = 0
    step = lane.step(usage.input_tok)
    wanted = (((INPUT,), usage.input_tok - cached), (INPUT_PARTS[0].keys, cached), ((OUTPUT,), usage.output_tok))
    total = Decimal(0)
    for keys, tokens in wanted:
        if tokens:
            entry = lane.price(keys, step)
            if entry is None:
                return None
            total = _EXACT.add(total, _EXACT.multiply(entry[1], tokens))
    fee = lane.price((A_REQUEST,), None) or lane_of(table, Tier.STANDARD).price((A_REQUEST,), None)
    return total if fee is None else _EXACT.add(total, fee[1])


def steps_tok(table: PriceTable) -> tuple[int, ...]:
    """The prompt lengths above which the table has other input prices, ascending."""
    return lane_of(table, Tier.STANDARD).steps


def reads_cache(table: PriceTable) -> bool:
    """Whether tokens read from a cache have a price of their own."""
    return lane_of(table, Tier.STANDARD).price(INPUT_PARTS[0].keys, None) is not None


class _Reckoning:
    """One request on its way to a quote: its lines so far, what is missing, what is to be said."""

    def __init__(self, table: PriceTable, lane: Lane, usage: Usage) -> None:
        self.table = table
        self.lane = lane
        self.step = lane.step(usage.input_tok)
        self.lines: list[PriceLine] = []
        self.missing: list[str] = []
        self.notes = [f"the prices above {step_name(self.step)} tokens apply"] if self.step else []
        self.usage = usage if table.min_cacheable_tok is None else self._cacheable(usage, table.min_cacheable_tok)
        self.factor = self._factor() if usage.region else None

    def quote(self) -> Quote:
        """Reckon."""
        usage = self.usage
        unpriced = self._tokens("input, fresh", INPUT, usage.input_tok, INPUT_PARTS, _INPUT_COUNTS(usage))
        unpriced += self._tokens("output", OUTPUT, usage.output_tok, OUTPUT_PARTS, _OUTPUT_COUNTS(usage))
        if usage.amounts:
            self._amounts()
        if fee := self.lane.price((A_REQUEST,), None) or self._plain((A_REQUEST,)):
            self._line("request", 1, "request", fee)
        total = sum_usd(line.total_usd for line in self.lines)
        if unpriced and len(unpriced) == len(self.missing):
            self._note_as_text(unpriced, total)
        return Quote(
            lines=tuple(self.lines),
            total_usd=None if self.missing else total,
            source=self.table.source,
            missing=tuple(self.missing),
            notes=(*self.notes, *self.table.remarks),
        )

    def _tokens(
        self, name: str, base: str, whole: int, parts: tuple[Part, ...], counts: tuple[int, ...]
    ) -> list[tuple[int, str]]:
        """Lines for the text and the parts of a prompt or an answer; the parts without a price with their ``base``."""
        text = whole
        found: list[tuple[Part, int, Entry]] = []
        unpriced: list[tuple[int, str]] = []
        if any(counts):
            for part, count in zip(parts, counts, strict=True):
                if not count:
                    continue
                entry = self.lane.price(part.keys, self.step)
                if entry is not None:
                    found.append((part, count, entry))
                elif self._is_text(part):
                    continue
                else:
                    self.missing.append(f"{part.name}: no {part.keys[0]}{self.lane.suffix}")
                    unpriced.append((count, base))
                text -= count
        if text:
            plain = self.lane.price((base,), self.step)
            if plain is None:
                self.missing.append(f"{name}: no {base}{self.lane.suffix}")
            else:
                self._token_line(name, text, plain)
        for part, count, entry in found:
            self._token_line(part.name, count, entry)
        return unpriced

    def _is_text(self, part: Part) -> bool:
        """Whether a part without a price is charged as text; says why."""
        if part.unpriced is Unpriced.MISSING:
            return False
        if part.unpriced is Unpriced.TEXT:
            self._note(part.because)
            return True
        if any(self.lane.price((key,), self.step) for key in _WRITES):
            return False
        self._note("writing to the cache has no price of its own: those tokens are charged as fresh input")
        return True

    def _token_line(self, name: str, tokens: int, entry: Entry) -> None:
        key, price = entry
        if self.step is not None and f"_above_{step_name(self.step)}_" not in key:
            self._note(
                f"{name}: there is no price above {step_name(self.step)} tokens, that of shorter prompts is taken"
            )
        self._line(name, tokens, "token", entry if self.factor is None else (key, _EXACT.multiply(price, self.factor)))

    def _amounts(self) -> None:
        for name, quantity in self.usage.amounts:
            meter, variant = meter_of(name)
            keys = keys_of(meter, variant)
            entry = self.lane.price(keys, self.step) if meter.has_lanes else self._plain(keys)
            label = f"{meter.name}, {variant}" if variant else meter.name
            if entry is None:
                suffix = self.lane.suffix if meter.has_lanes else ""
                wanted = keys[0] if keys else f"price for the variant {variant!r}"
                self.missing.append(f"{label}: no {wanted}{suffix}")
                continue
            self._line(label, quantity, meter.unit, (entry[0], exact(entry[1], meter.per)))
            if name.startswith("web_searches"):
                self.notes.extend(self.table.search_remarks)

    def _line(self, name: str, quantity: Quantity, unit: str, entry: Entry) -> None:
        key, price = entry
        total = _EXACT.multiply(price, quantity)
        self.lines.append(
            PriceLine(name=name, quantity=quantity, unit=unit, usd_per_unit=price, total_usd=total, key=key)
        )

    def _plain(self, keys: tuple[str, ...]) -> Entry | None:
        """The entry of what costs the same in every lane."""
        return lane_of(self.table, Tier.STANDARD).price(keys, None)

    def _cacheable(self, usage: Usage, minimum: int) -> Usage:
        """The usage with cached and written tokens as fresh ones where the prefix is too short to be cached."""
        read = sum(getattr(usage, field) for field in _READ_FIELDS)
        prefix = sum(getattr(usage, field) for field in _CACHE_FIELDS)
        if prefix == 0 or (prefix >= minimum and (read == 0 or read >= minimum)):
            return usage
        fields = _CACHE_FIELDS if prefix < minimum else _READ_FIELDS
        self._note(f"a prefix below {minimum:,} tokens is not cached: it is charged as fresh input")
        nothing: dict[str, Any] = dict.fromkeys(fields, 0)
        return replace(usage, **nothing)

    def _factor(self) -> Decimal | None:
        """What the token prices are multiplied with in the usage's region; says so, or that nothing is known."""
        region = str(self.usage.region).lower()
        factor = self.table.multipliers.get(region) or self.table.multipliers.get("regional")
        if factor is None:
            self._note(f"the list has no price of its own for the region {region}: that of the entry is taken")
        else:
            self._note(f"processed in {region}: every token price times {factor:f}")
        return factor

    def _note_as_text(self, unpriced: list[tuple[int, str]], total: Decimal) -> None:
        """What the total would be if tokens without a price cost as much as text."""
        extra = Decimal(0)
        for count, base in unpriced:
            plain = self.lane.price((base,), self.step)
            if plain is None:
                return
            extra += _EXACT.multiply(plain[1] * (self.factor or 1), count)
        words = "fresh input" if all(base == INPUT for _, base in unpriced) else "text"
        self._note(f"charged as {words}, the tokens without a price would make a total of ${total + extra:f}")

    def _note(self, text: str) -> None:
        if text and text not in self.notes:
            self.notes.append(text)


def sum_usd(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def _check(usage: Usage) -> None:
    """Refuse a usage that contradicts itself."""
    inputs, outputs = _INPUT_COUNTS(usage), _OUTPUT_COUNTS(usage)
    if min(*inputs, *outputs, usage.input_tok, usage.output_tok) < 0 or any(count < 0 for _, count in usage.amounts):
        raise InvalidInput("a quantity is negative", fix="Count from zero.")
    for name, whole, parts in (("input", usage.input_tok, sum(inputs)), ("output", usage.output_tok, sum(outputs))):
        if parts > whole:
            raise InvalidInput(
                f"the parts of the {name} have {parts:,} tokens and the whole has {whole:,}",
                fix=f"Count cached, written, reasoning and other parts into the {name} tokens.",
            )


__all__ = ["CACHED", "INPUT", "OUTPUT", "WRITTEN", "quote", "reads_cache", "steps_tok", "total_usd"]
