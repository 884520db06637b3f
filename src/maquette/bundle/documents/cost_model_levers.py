"""The levers on the first month: those that were computed, those of which something is missing, and all in a row."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import percent
from maquette.bundle.figures import Figure, Sentence, estimated, figure
from maquette.cost.lever_evidence import STUDIES, WATCHES
from maquette.cost.levers import Lever, LeverTable
from maquette.cost.report_levers import about, guidance
from maquette.cost.report_levers import step_rows as waterfall
from maquette.cost.reporting import CostFindings
from maquette.foundation.units import readable_usd


def lever_rows(costs: CostFindings | None) -> list[Mapping[str, Any]]:
    """A row a lever whose month could be computed."""
    if costs is None or costs.levers is None or not costs.levers.today_usd:
        return []
    return [
        {
            "name": lever.kind.value.replace("-", " "),
            "state": lever.state,
            "before": None if lever.before_usd is None else readable_usd(lever.before_usd),
            "after": readable_usd(lever.after_usd),
            "share": None if lever.saving_share is None else percent(lever.saving_share.quantize(Decimal("0.001"))),
            "about": "; ".join(
                text.removeprefix("rests on ") for text in about(lever) if not text.startswith("published: ")
            ),
            "promised": _promised(lever),
            "metric": WATCHES[lever.kind].metric,
            "moves": _moves(lever, costs.levers),
        }
        for lever in costs.levers.levers
        if lever.after_usd is not None
    ]


def uncomputed_rows(costs: CostFindings | None) -> list[Mapping[str, str]]:
    """The levers of which nothing can be said in money yet, each with what is missing."""
    if costs is None or costs.levers is None or not costs.levers.today_usd:
        return []
    return [
        {"name": lever.kind.value.replace("-", " "), "missing": "; ".join(lever.missing) or lever.state}
        for lever in costs.levers.levers
        if lever.after_usd is None
    ]


def waterfall_rows(costs: CostFindings | None) -> list[tuple[str, ...]]:
    """The levers one after the other: before, after, difference, why left out."""
    return [] if costs is None or costs.levers is None else list(waterfall(costs.levers))


def _moves(lever: Lever, table: LeverTable) -> Figure | None:
    """The lever's own metric without it and with it."""
    if not lever.metric_before:
        return None
    formula = f"{table.baseline}, without {lever.kind.value} and with it"
    return estimated(f"{lever.metric_before} to {lever.metric_after}", formula)


def _promised(lever: Lever) -> Sentence:
    """What others promise or found of a lever that saves something here; empty for every other one."""
    if not lever.saving_usd or lever.saving_usd <= 0:
        return []
    study = STUDIES.get(lever.kind)
    told: list[Sentence] = [] if lever.prior is None else [[guidance(lever.prior)]]
    told += [] if study is None else [["published: ", figure(study.says, study.source)]]
    return [part for one in told for part in ("; ", *one)][1:]
