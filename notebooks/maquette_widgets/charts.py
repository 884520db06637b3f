"""Charts for the cards: Altair, rendered to SVG on this machine, so that no browser fetches anything."""

from typing import Any

from maquette.evals.run import EvalRun
from maquette.evals.run_words import usd_per_answer


def scores_html(run: EvalRun) -> str:
    """Each model's score with its interval, and the threshold, as an SVG; empty when nothing is scored."""
    rows = [
        {"model": one.target_id, "score": one.score, "low": one.interval.low, "high": one.interval.high}
        for one in run.results
        if one.interval is not None
    ]
    if not rows:
        return ""
    import altair

    source = altair.Data(values=rows)
    y = altair.Y("model:N", sort=None, title=None)
    span = altair.Chart(source).mark_rule(strokeWidth=2).encode(y=y, x="low:Q", x2="high:Q")
    scale = altair.Scale(domain=[0, 1])
    point = (
        altair.Chart(source)
        .mark_point(filled=True, size=70)
        .encode(y=y, x=altair.X("score:Q", scale=scale, title=f"{run.primary_metric}, 95 % interval"))
    )
    layers = [span, point]
    if run.threshold is not None:
        need = altair.Data(values=[{"need": run.threshold}])
        layers.append(altair.Chart(need).mark_rule(strokeDash=[4, 4], color="#b00020").encode(x="need:Q"))
    return _svg(altair.layer(*layers).properties(width=480, height=30 * len(rows) + 20))


def cost_and_score_html(run: EvalRun) -> str:
    """What 1,000 answers cost against the score, a point a model, as an SVG; empty when nothing is priced."""
    rows = [
        {"model": one.target_id, "score": one.score, "usd": float(1000 * usd)}
        for one in run.results
        if one.score is not None and (usd := usd_per_answer(one)) is not None
    ]
    if not rows:
        return ""
    import altair

    base = altair.Chart(altair.Data(values=rows)).encode(
        x=altair.X("usd:Q", title="USD per 1,000 answers"),
        y=altair.Y("score:Q", scale=altair.Scale(domain=[0, 1]), title=run.primary_metric),
    )
    names = base.mark_text(align="left", dx=8).encode(text="model:N")
    return _svg((base.mark_point(filled=True, size=70) + names).properties(width=480, height=220))


def _svg(chart: Any) -> str:
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(chart.to_dict())
    return svg
