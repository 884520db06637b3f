"""Charts for the cards: Altair, rendered to SVG on this machine, so that no browser fetches anything."""

from typing import Any

from maquette.cost.projection import CostProjection


def cost_rows(projection: CostProjection) -> list[dict[str, Any]]:
    """One row an option and month: the sum of its lines, low, base and high, in dollars."""
    sums: dict[tuple[str, int], list[Any]] = {}
    for line in projection.lines:
        row = sums.setdefault((line.option, line.month), [0, 0, 0])
        for at, amount in enumerate((line.amount_usd.low, line.amount_usd.base, line.amount_usd.high)):
            row[at] += amount
    return [
        {"option": option, "month": month, "low": float(low), "base": float(base), "high": float(high)}
        for (option, month), (low, base, high) in sorted(sums.items())
    ]


def cost_chart_html(projection: CostProjection) -> str:
    """The months as an SVG: a line an option, with its band; empty when nothing is priced."""
    rows = cost_rows(projection)
    if not rows:
        return ""
    import altair
    import vl_convert

    source = altair.Data(values=rows)
    x = altair.X("month:O", title="month")
    band = altair.Chart(source).mark_area(opacity=0.2).encode(x=x, y="low:Q", y2="high:Q", color="option:N")
    line = altair.Chart(source).mark_line().encode(x=x, y=altair.Y("base:Q", title="USD a month"), color="option:N")
    chart = (band + line).properties(width=480, height=220)
    svg: str = vl_convert.vegalite_to_svg(chart.to_dict())
    return svg
