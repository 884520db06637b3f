"""An ensemble as an option of the projection: named on the command line, or under ``cost.ensemble``."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from maquette.catalog.cards import ModelCard
from maquette.cost.ensembles import Ensemble
from maquette.cost.options import CostOption
from maquette.cost.side_settings import EnsembleSetting
from maquette.foundation.problems import NotFound, Place
from maquette.foundation.wording import shown, suggestion

FEWEST_VOTES = 2


def ensemble_option(
    named: Mapping[str, CostOption], cards: Mapping[str, ModelCard], models: Sequence[str], judge: str | None
) -> CostOption:
    """The option in which every one of ``models`` answers each request.

    Args:
        named: The project's own options that are paid by the request, by name; the first of them that votes lends its
            measurements.
        cards: Every voter and the judge by name.
        models: Who votes, several times where named so.
        judge: Who decides; None where the votes are counted.
    """
    first = next((name for name in models if name in named), models[0])
    others = list(models)
    others.remove(first)
    ensemble = Ensemble(others=tuple(cards[name] for name in others), judge=None if judge is None else cards[judge])
    before = any(one.encoder_first for one in named.values())
    own = named.get(first) or CostOption(name=first, card=cards[first], encoder_first=before)
    name = ensemble_name(models, judge)
    return replace(own, name=name, ensemble=ensemble, successor=None, successor_from_month=None, second=None)


def ensemble_name(models: Sequence[str], judge: str | None) -> str:
    """``2 x gpt-6.1-sol + claude-opus-5-5, judged by gpt-6.1-sol``."""
    counts = {name: models.count(name) for name in dict.fromkeys(models)}
    votes = " + ".join(name if count == 1 else f"{count} x {name}" for name, count in counts.items())
    return f"{votes}, judged by {judge}" if judge is not None else votes


def said_ensemble(
    said: EnsembleSetting | None, options: Sequence[CostOption], cards: Mapping[str, ModelCard]
) -> tuple[CostOption, ...]:
    """The option that ``cost.ensemble`` asks for; none where nobody says it.

    Raises:
        NotFound: A model of it is neither an option nor in the catalog.
    """
    if said is None or not options:
        return ()
    named = {one.name: one for one in options if one.host_usd_per_hour is None and one.provisioned is None}
    asked = [*said.models, *([said.judge] if said.judge is not None else [])]
    for name in asked:
        if name not in named and name not in cards:
            fix = suggestion(name, [*named, *cards]) or "maquette shortlist shows the models."
            raise NotFound(f"{shown(name)} is not in the catalog", place=Place(field="cost.ensemble"), fix=fix)
    found = {name: named[name].card if name in named else cards[name] for name in asked}
    return (ensemble_option(named, found, said.models, said.judge),)
