"""A stage before the answer: a cheaper model reads what follows the shared prefix and hands on what is needed of it."""

from dataclasses import dataclass, replace
from decimal import Decimal

from maquette.catalog.cards import ModelCard
from maquette.cost.rates import Unpriced
from maquette.cost.streams import ALL, Stream, stream
from maquette.cost.workload import Workload, level


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """What one model does with a request.

    Attributes:
        name: Of the stage: what it is for.
        reads_tok: Tokens of its prompt, on average; ``writes_tok`` of its answer.
    """

    name: str
    card: ModelCard
    reads_tok: Decimal
    writes_tok: Decimal


def stage_stream(option: str, stage: Stage, load: Workload) -> Stream | Unpriced:
    """The calls of a stage that every request passes; nothing of them is shared, so nothing is cached."""
    asked = replace(
        load,
        input_tok=stage.reads_tok,
        shared_prefix_tok=Decimal(0),
        output_tok=level(stage.writes_tok),
        step_tok=level(stage.reads_tok),
        lengths=None,
        turns=Decimal(1),
    )
    return stream(f"{option}, {stage.name} by {stage.card.id}", stage.card, asked, ALL, name=stage.name)
