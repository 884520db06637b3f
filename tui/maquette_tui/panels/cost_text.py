"""What the cost screen says of one option: its band over the months, what drives it, its lines by group, what is left.

All from the projection and its draws; nothing is computed here but places on a scale.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from textwrap import wrap

from maquette.cost.calendar import Currency
from maquette.cost.drawn import Band, Drawn, DrawnMonth, DrawnOption, Driver
from maquette.cost.projection import CostLine, CostProjection, LineGroup, OptionCost
from maquette.cost.wording import band_usd, base_sentence
from maquette.foundation.units import Range, Usd, readable_count, readable_usd
from maquette.foundation.wording import listed
from maquette_tui.panels.cost_plot import band_plot, tornado
from maquette_tui.panels.evaluate_text import Section, columns, table_text

_PLOT_LINES, _LEAST_PLOT = 10, 4
_DRIVERS = 3
_NAME = 36
_SMALL_BAR, _LARGE_BAR = 14, 30


def summary(option: OptionCost, projection: CostProjection, drawn: Drawn | None, width: int, lines: int) -> str:
    """The option under the cursor in at most ``lines`` lines: its band, a plot of it, what drives it and turns it."""
    if option.unpriced:
        return "\n".join(f"{option.option}: unpriced, {why}" for why in option.unpriced)
    found = drawn.option(option.option) if drawn else None
    if drawn is None or found is None:
        return f"{option.option}: drawing ..."
    first, least = wrap(_bands(found), width), _LEAST_PLOT + 1
    told = _fitting(found, option, width, lines - len(first) - least)
    height = max(_LEAST_PLOT, min(_PLOT_LINES, lines - len(first) - len(told) - 1))
    plot = band_plot(found.months, width=width, height=height, budget=drawn.budget_usd_month, labels=projection.labels)
    return "\n".join([*first, *plot, *told])


def _fitting(found: DrawnOption, option: OptionCost, width: int, room: int) -> list[str]:
    """What drives the option, where its expected case lies and what turns it, as far as whole sentences have room."""
    driven = (_driven(found, count) for count in range(_DRIVERS, 0, -1))
    lines = next((one for one in (wrap(text, width) for text in driven) if len(one) <= max(room, 1)), [])
    for text in (base_sentence(found), *option.flip):
        more = wrap(text, width) if text else []
        if len(lines) + len(more) <= room:
            lines += more
    return lines


def details_sections(option: OptionCost, projection: CostProjection, drawn: Drawn, width: int) -> list[Section]:
    """Everything about one option, as headed sections."""
    found = drawn.option(option.option)
    lines = [line for line in projection.lines if line.option == option.option]
    sections: list[Section] = []
    if found is None:
        sections.append((option.option, "\n".join(f"unpriced: {why}" for why in option.unpriced)))
    else:
        sections += _drawn_sections(found, projection, drawn, width)
        sections.append(("Lines by group, the expected case", _groups(lines, projection, width)))
        if projection.currency is not None:
            sections.append(_in_currency(option, projection.currency))
    sections.append(("Left out", "\n".join(projection.left_out) or "nothing"))
    if option.flip:
        sections.append(("What would change it", "\n".join(option.flip)))
    assumed = (f"{one.name}: {one.low} / {one.value} / {one.high} [{one.source}]" for one in projection.assumptions)
    sections.append(("Assumed: low / expected / high", "\n".join(assumed) or "nothing"))
    return sections


def _drawn_sections(found: DrawnOption, projection: CostProjection, drawn: Drawn, width: int) -> Iterator[Section]:
    first, last = found.months[0], found.months[-1]
    rows = [
        ("month 1", *_band(first.usd), _over(first)),
        (f"month {last.month}", *_band(last.usd), _over(last)),
        ("in all", *_band(found.total), _percent(found.ever_over_budget)),
    ]
    told = [table_text(("", "p10", "p50", "p90", "+-", "over budget"), rows, width)]
    odd = base_sentence(found)
    yield (
        f"{found.option}: {readable_count(drawn.count)} draws, seed {drawn.seed}",
        "\n".join([*told, *([f"{odd}."] if odd else [])]),
    )
    plot = band_plot(
        found.months, width=width, height=_PLOT_LINES, budget=drawn.budget_usd_month, labels=projection.labels
    )
    yield "Dollars a month, p10 to p90, = at p50", "\n".join(plot)
    yield "What drives it: each input alone from its p10 to its p90, the average month", _drivers(found, width)


def _bands(found: DrawnOption) -> str:
    """The first month, the last one and the whole horizon, and how likely they are over the budget."""
    first, last = found.months[0], found.months[-1]
    parts = [
        f"month 1 {band_usd(first.usd)}",
        f"month {last.month} {band_usd(last.usd)}",
        f"in all {band_usd(found.total)}",
    ]
    if found.ever_over_budget is not None:
        parts.append(f"over budget in {_percent(found.ever_over_budget)} of the draws")
    return f"p10 - p50 - p90: {'; '.join(parts)}"


def _driven(found: DrawnOption, count: int) -> str:
    if not found.drivers:
        return "nothing that is uncertain changes it"
    most = [f"{_short(one, found)} ({readable_usd(one.swing_usd)} a month)" for one in found.drivers[:count]]
    return f"driven by {listed(most)}"


def _drivers(found: DrawnOption, width: int) -> str:
    if not found.drivers:
        return "nothing that is uncertain changes it"
    for bar, ends in ((_LARGE_BAR, True), (_SMALL_BAR, True), (_LARGE_BAR, False)):
        table = _driver_table(found, bar, ends=ends)
        if max(map(len, table)) <= width:
            return "\n".join(table)
    return "\n".join(_driver_table(found, _SMALL_BAR, ends=False))


def _driver_table(found: DrawnOption, bar: int, *, ends: bool) -> list[str]:
    rows = [
        (
            _clipped(_short(one, found)),
            *((f"{one.low} .. {one.high}",) if ends else ()),
            drawn,
            readable_usd(one.swing_usd),
            _percent(one.share),
        )
        for one, drawn in zip(found.drivers, tornado(found.drivers, bar), strict=True)
    ]
    headings = ("input", *(("p10 .. p90",) if ends else ()), "less │ more", "swing", "of the variance")
    return columns([headings, *rows]).splitlines()


def _groups(lines: Sequence[CostLine], projection: CostProjection, width: int) -> str:
    last = projection.horizon_months
    rows = []
    for group in LineGroup:
        own = [line for line in lines if line.group is group]
        if own:
            months = ([line for line in own if line.month == at] for at in (1, last))
            rows.append((group.value, *map(_sum, months), _sum(own)))
    months = ([line for line in lines if line.month == at] for at in (1, last))
    rows.append(("sum", *map(_sum, months), _sum(lines)))
    return table_text(("group", "month 1", f"month {last} ", "in all"), rows, width)


def _in_currency(option: OptionCost, currency: Currency) -> Section:
    heading = f"In {currency.code}: 1 {currency.code} = {currency.usd_per_unit:f} USD on {currency.as_of}"
    amounts = (
        ("month 1", option.first_month_usd),
        ("last month", option.last_month_usd),
        ("in all", option.total_usd),
    )
    return heading, "\n".join(f"{name} {_shown(currency, one)}" for name, one in amounts if one is not None)


def _shown(currency: Currency, amounts: Range[Usd]) -> str:
    return " - ".join(currency.shown(one) for one in (amounts.low, amounts.base, amounts.high))


def _sum(lines: Sequence[CostLine]) -> str:
    return readable_usd(sum((line.amount_usd.base for line in lines), Usd(0)))


def _band(band: Band) -> tuple[str, ...]:
    return tuple(readable_usd(one) for one in (band.p10, band.p50, band.p90, band.error_usd))


def _over(month: DrawnMonth) -> str:
    return _percent(month.over_budget)


def _percent(share: Decimal | None) -> str:
    return "" if share is None else f"{share * 100:.0f} %"


def _short(driver: Driver, option: DrawnOption) -> str:
    return driver.input.removeprefix(f"{option.option}: ")


def _clipped(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME - 3]}..."
