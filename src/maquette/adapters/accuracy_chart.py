"""Predicted against measured as a picture: a panel a metric, both axes in powers of ten, drawn by Vega-Lite offline."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from maquette.capacity.setup import Metric
from maquette.capacity.validating import Asked
from maquette.foundation.problems import Unavailable

MOST_MARKS = 300
"""Marks in a panel; of more measurements every so-manieth is drawn."""

_PANELS = (
    (Metric.TPOT, "TPOT, ms", 1000.0),
    (Metric.TTFT, "TTFT, ms", 1000.0),
    (Metric.OUTPUT_THROUGHPUT, "output, tokens/s", 1.0),
    (Metric.DECODE_RATE, "decode of one sequence, tokens/s", 1.0),
)
_SIDE = 300


def accuracy_svg(asked: Iterable[Asked]) -> str:
    """The picture as SVG; metrics without a measurement have no panel.

    Raises:
        Unavailable: The libraries for charts are not installed.
    """
    try:
        import altair
        import vl_convert
    except ImportError as error:
        raise Unavailable(
            "charts need Altair and vl-convert", fix="Install them: pip install 'maquette[notebook]'."
        ) from error
    altair.data_transformers.disable_max_rows()
    everything = list(asked)
    panels = [
        _panel(title, rows)
        for metric, title, times in _PANELS
        if (rows := list(_rows([one for one in everything if one.point.metric is metric], times)))
    ]
    if not panels:
        raise Unavailable("nothing was predicted, so there is nothing to draw", fix="Give other measurements.")
    chart = altair.concat(*panels, columns=2).configure_view(strokeOpacity=0.2).resolve_scale(color="shared")
    return str(vl_convert.vegalite_to_svg(chart.to_dict()))


def _rows(asked: Sequence[Asked], times: float) -> Iterator[dict[str, Any]]:
    step = -(-len(asked) // MOST_MARKS)
    for one in asked[::step] if step else ():
        yield {
            "measured": times * one.point.value,
            "predicted": times * one.predicted.value,
            "engine": one.point.setup.engine.value,
        }


def _panel(title: str, rows: Sequence[dict[str, Any]]) -> Any:
    import altair

    ends = [value for row in rows for value in (row["measured"], row["predicted"])]
    scale = altair.Scale(type="log", domain=[min(ends) / 1.3, max(ends) * 1.3], nice=False)
    diagonal = [
        {"measured": end, "predicted": end * share, "band": band} for end in scale.domain for share, band in _LINES
    ]
    lines = (
        altair.Chart(altair.Data(values=diagonal))
        .mark_line(color="#888888", clip=True)
        .encode(x="measured:Q", y="predicted:Q", detail="band:N", strokeDash=altair.StrokeDash("band:N", legend=None))
    )
    marks = (
        altair.Chart(altair.Data(values=list(rows)))
        .mark_point(filled=True, size=16, opacity=0.55)
        .encode(
            x=altair.X("measured:Q", scale=scale, title="measured"),
            y=altair.Y("predicted:Q", scale=scale, title="predicted"),
            color=altair.Color("engine:N", title="engine"),
            shape=altair.Shape("engine:N", title="engine"),
        )
    )
    return altair.layer(lines, marks).properties(width=_SIDE, height=_SIDE, title=title)


_LINES = ((1.0, "a"), (1.25, "b"), (0.75, "c"))
"""The diagonal, and 25 % on either side of it."""
