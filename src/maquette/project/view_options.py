"""The options of a view's projection, each complete: machines, what is bought ahead, and what answers afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from maquette.catalog.hardware import Host
from maquette.cost.options import CostOption
from maquette.cost.side.training import only_encoder
from maquette.cost.workload import default_horizon
from maquette.foundation.expression import Facts
from maquette.project.bought_ahead import bought_ahead
from maquette.project.cost_options import cache_embedder, option_of, with_successor
from maquette.project.second_provider import warm_second
from maquette.project.side_costs import calendar_of, option_side_costs

if TYPE_CHECKING:
    from maquette.project.view import View


def view_options(
    view: "View",
    facts: Facts,
    *,
    host: Host | None,
    replacements: Callable[[], Mapping[str, str]],
    gateway: Callable[[], Mapping[str, Any]],
) -> tuple[CostOption, ...]:
    """An option for each model of the project.

    Args:
        view: The project.
        facts: The view's own, or those that somebody tries.
        host: A machine without accelerators, for files of models.
        replacements: Model id to what its provider names in its place; asked only where a model ends.
        gateway: The constants of the gateway's template; asked only where it shares requests out.

    Raises:
        InvalidInput: A setting under ``cost:`` is out of range.
    """
    settings, cards = view.document.cost, view.catalog.cards
    second, choice = warm_second(view, facts, gateway), view.document.choice
    calendar, embedder = calendar_of(settings, view.today), cache_embedder(cards, view.published_roles)

    def completed(option: CostOption) -> CostOption:
        lasting = with_successor(
            bought_ahead(option, settings),
            cards,
            named=replacements() if option.card.retires_on else {},
            horizon_months=default_horizon(facts),
            calendar=calendar,
            as_of=view.catalog.prices_as_of,
        )
        proven = second if choice is not None and option.name == choice.model else None
        return replace(_of_design(view, lasting), cache_embedder=embedder, second=proven)

    return tuple(
        completed(option_of(name, card, run=view.current_run, host=host, sized=view.best_machines(card, facts)))
        for name, card in view.cards_by_option.items()
    )


def _of_design(view: "View", option: CostOption) -> CostOption:
    """The option with what the design has beside it and before it."""
    side = option_side_costs(view, option.name, option.card)
    return replace(option, side=side, encoder_first=only_encoder(view.side_basis))
