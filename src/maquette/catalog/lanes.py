"""The lanes of a price table: which entry of the table is the price of a kind in a lane, at a prompt's length.

What a table offers is read from its keys once and kept as long as the table.
"""

import re
from decimal import Decimal
from typing import TypeAlias
from weakref import WeakKeyDictionary

from maquette.catalog.metering import INPUT
from maquette.catalog.prices import PriceTable, Tier

Entry: TypeAlias = tuple[str, Decimal]
"""A key of the map with its price."""

_SUFFIX = {Tier.STANDARD: "", Tier.BATCH: "_batches", Tier.FLEX: "_flex", Tier.PRIORITY: "_priority"}
_STEP = re.compile(rf"{INPUT}_above_(\d+)(k?)_tokens(_[a-z]+)?")


class Lane:
    """One lane of one table.

    Attributes:
        suffix: What the map writes behind the keys of the lane.
        offered: Whether the table has any price for it; the standard lane is always there.
        steps: Prompt lengths in tokens above which the lane has other input prices, ascending.
    """

    __slots__ = ("_found", "_includes_start", "_prices", "_standard_steps", "offered", "steps", "suffix")

    def __init__(self, table: PriceTable, tier: Tier) -> None:
        prices = table.usd_per_unit
        found = [match for key in prices if "_above_" in key and (match := _STEP.fullmatch(key))]
        steps = [(int(match[1]) * (1000 if match[2] else 1), match[3] or "") for match in found]
        self.suffix = _SUFFIX[tier]
        self.offered = not self.suffix or any(key.endswith(self.suffix) for key in prices)
        self.steps = tuple(sorted(step for step, suffix in steps if suffix == self.suffix))
        self._standard_steps = tuple(sorted(step for step, suffix in steps if not suffix))
        self._includes_start = table.step_includes_start
        self._prices = prices
        self._found: dict[tuple[tuple[str, ...], int | None], Entry | None] = {}

    def step(self, input_tok: int) -> int | None:
        """The highest step that a prompt of that length passes, in tokens."""
        return self._passed(self.steps, input_tok) if self.steps else None

    def gap(self, input_tok: int) -> int | None:
        """The step that applies in the standard lane and that this lane has no prices for."""
        if self.suffix == "" or self._standard_steps == self.steps:
            return None
        wanted = self._passed(self._standard_steps, input_tok)
        return wanted if wanted != self.step(input_tok) else None

    def price(self, keys: tuple[str, ...], step: int | None) -> Entry | None:
        """The first entry that is listed: of the step when it has one, else of the lane."""
        wanted = (keys, step)
        if wanted not in self._found:
            self._found[wanted] = self._look_up(keys, step)
        return self._found[wanted]

    def _look_up(self, keys: tuple[str, ...], step: int | None) -> Entry | None:
        for key in keys:
            plain = f"{key}{self.suffix}"
            stepped = plain if step is None else f"{key}_above_{step_name(step)}_tokens{self.suffix}"
            for name in (stepped, plain):
                if name in self._prices:
                    return name, self._prices[name]
        return None

    def _passed(self, steps: tuple[int, ...], input_tok: int) -> int | None:
        reached = input_tok if self._includes_start else input_tok - 1
        return max((step for step in steps if reached >= step), default=None)


def step_name(step: int) -> str:
    """A step as the map's keys name it: ``200k``, or all its digits where it is no whole thousand."""
    return str(step) if step % 1000 else f"{step // 1000}k"


_LANES: WeakKeyDictionary[PriceTable, dict[str, Lane]] = WeakKeyDictionary()


def lane_of(table: PriceTable, tier: Tier) -> Lane:
    """The lane of a table."""
    lanes = _LANES.get(table)
    if lanes is None:
        lanes = _LANES[table] = {}
    lane = lanes.get(tier)
    if lane is None:
        lane = lanes[tier] = Lane(table, tier)
    return lane


def tiers_offered(table: PriceTable) -> tuple[Tier, ...]:
    """The lanes that the table has prices for; the standard one is always among them."""
    return tuple(tier for tier in Tier if lane_of(table, tier).offered)
