"""The decision's options side by side, and who plays which part, over what a project knows."""

from maquette.catalog.cards import ModelCard
from maquette.catalog.roles import bind
from maquette.decision.bindings import Binding, bindings
from maquette.decision.comparing import Machines, Side, Speed, side_by_side
from maquette.project.view import View


def options_side_by_side(view: View) -> tuple[Side, ...]:
    """Every option, the cheapest first; predicted speeds and machines where open models were sized."""
    predicted: dict[str, Speed] = {}
    machines: dict[str, Machines] = {}
    for name, card in view.cards_by_option.items():
        found = _sized(view, card)
        if found is not None:
            predicted[name], machines[name] = found
    return side_by_side(view.decision, view.cards_by_option, predicted=predicted, machines=machines)


def _sized(view: View, card: ModelCard) -> tuple[Speed, Machines] | None:
    best = view.best_machines(card)
    if best is None:
        return None
    spare = f" + {best.spare} spare" if best.spare else ""
    words = f"{best.replicas}{spare} x ({best.setup.gpus}x {best.setup.accelerator.name})"
    bears = best.planned_per_s[1] * best.replicas
    return Speed(p95_s=best.p95_s, measured=False), Machines(words=words, requests_per_s=bears)


def who_plays_what(view: View) -> tuple[Binding, ...]:
    """Primary, escalation, fallbacks, judge, embedding and local development."""
    primary = view.document.choice.model if view.document.choice else view.decision.recommended
    card = view.cards_by_option.get(primary) if primary else None
    roles = bind(
        view.shortlist,
        view.catalog,
        view.facts,
        today=view.today,
        chosen=(card.id,) if card else (),
        listed=view.published_roles,
    )
    return bindings(view.decision, view.cards_by_option, roles, view.catalog.cards)
