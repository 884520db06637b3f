"""The quality that the current evaluation measured, for the shortlist."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from maquette.catalog.shortlist import Quality
from maquette.foundation.sources import Source, SourceKind

if TYPE_CHECKING:
    from maquette.project.view import View


def measured_quality(view: "View") -> Mapping[str, Quality]:
    """Card to the score of the run that answers today's plan; empty while there is none."""
    run = view.current_run
    if run is None:
        return {}
    cards = {target.id: target.card for target in view.plan.targets}
    source = Source(kind=SourceKind.MEASURED, ref=run.id, as_of=run.started_at.date())
    return {
        cards[result.target_id]: Quality(value=result.score, source=source)
        for result in run.results
        if result.score is not None and result.target_id in cards
    }
