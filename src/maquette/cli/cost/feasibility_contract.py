"""What `maquette cost feasibility --json` prints, as types. Figures are text with exact decimals."""

from typing_extensions import TypedDict

from maquette.cli.contract_parts import FORMAT, exact
from maquette.cost.feasibility import Feasibility


class FeasibilityFindingData(TypedDict):
    """One piece of arithmetic; each of ``changes`` by itself would mend it."""

    kind: str
    contradicts: bool
    formula: str
    figures: dict[str, str]
    sentence: str
    changes: list[str]


class FeasibilityData(TypedDict):
    """`maquette cost feasibility --json`; for want of ``unchecked`` something could not be held against something."""

    format: int
    feasible: bool
    findings: list[FeasibilityFindingData]
    unchecked: list[str]


def feasibility_data(found: Feasibility) -> FeasibilityData:
    """The contract's form of the findings."""
    return {
        "format": FORMAT,
        "feasible": not found.contradictions,
        "findings": [
            {
                "kind": one.kind,
                "contradicts": one.contradicts,
                "formula": one.formula,
                "figures": {name: exact(figure) for name, figure in one.figures.items()},
                "sentence": one.sentence,
                "changes": list(one.changes),
            }
            for one in found.findings
        ],
        "unchecked": list(found.unchecked),
    }
