"""A project of two models at round prices, and next to nothing beside them, to reckon levers by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from maquette import wiring
from maquette.catalog.cards import Catalog, ModelCard
from maquette.foundation.lineage import canonical_json
from tests.cost_world import PRICES_AS_OF, model, prices

TODAY = date(2026, 11, 21)
ANSWERS: Mapping[str, Mapping[str, object]] = {
    "project": {"name": "levers"},
    "scale": {"requests_per_day": 1000, "growth_pct_month": 0},
    "tokens": {"input_avg": 2000, "output_avg": 100, "input_p99": 2000},
    "lifecycle": {"horizon_months": 12},
}
"""30,400 requests in month 1, of 2,000 and 100 tokens: $729.60 at the large model's prices, $72.96 at the small's; and
in month 1 an evaluation of one example on both, 2.4 and 0.24 cents."""


def card(name: str, usd: int, **changes: Any) -> ModelCard:
    """A model at ``usd`` dollars a million tokens in and four times that out; half of it in batch, a tenth cached."""
    table = prices(
        fresh=f"{usd}",
        output=f"{4 * usd}",
        cached=f"{usd / 10}",
        batch_fresh=f"{usd / 2}",
        batch_output=f"{2 * usd}",
    )
    return model(name, table, **{"context_tok": 100_000, **changes})


LARGE, SMALL = card("large", 10), card("small", 1)


def lever_project(
    folder: Path, *cards: ModelCard, answers: Mapping[str, object] | None = None, chosen: tuple[str, ...] | None = None
) -> wiring.Project:
    """A project in ``folder`` whose catalog is ``cards``; dotted ``answers`` change the usual ones, None takes away."""
    cards = cards or (LARGE, SMALL)
    given: dict[str, dict[str, object]] = {section: dict(fields) for section, fields in ANSWERS.items()}
    for name, value in (answers or {}).items():
        section, _, field = name.partition(".")
        given.setdefault(section, {})[field] = value
        if value is None:
            del given[section][field]
    source = folder.parent / "requirements.yaml"
    source.write_text(canonical_json({"requirements": {name: one for name, one in given.items() if one}}), "utf-8")
    names = [one.id for one in cards] if chosen is None else list(chosen)
    alone = {"logging": {"service": "none"}, "evaluation": {"examples": 1, "runs_per_month": 0}}
    wiring.new_project(folder, source=source, extra={"shortlist": {"chosen": names}, "cost": alone})
    catalog = Catalog(cards={one.id: one for one in cards}, prices_as_of=PRICES_AS_OF, snapshot_digest="round")
    return wiring.Project(replace(wiring.ports_for(folder), today=lambda: TODAY, catalog=lambda *_: catalog))
