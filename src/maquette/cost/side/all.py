"""All side lines of a design together."""

from maquette.cost.side.basis import SideBasis
from maquette.cost.side.encoder import encoder_costs
from maquette.cost.side.evaluation import evaluation_costs
from maquette.cost.side.guardrails import guardrail_costs
from maquette.cost.side.logging import logging_costs
from maquette.cost.side.people import people_costs
from maquette.cost.side.retrieval import retrieval_costs
from maquette.cost.side.training import training_costs
from maquette.cost.side_lines import SideCosts, together


def design_costs(basis: SideBasis) -> SideCosts:
    """What every option of the design pays beside its model. What only one of them pays is in `migration`."""
    return together(
        encoder_costs(basis),
        retrieval_costs(basis),
        guardrail_costs(basis),
        logging_costs(basis),
        evaluation_costs(basis),
        training_costs(basis),
        people_costs(basis),
    )
