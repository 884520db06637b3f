"""What `maquette cost report --json` prints, as types."""

from typing_extensions import TypedDict


class CostReportFileData(TypedDict):
    """One file that was written; ``form`` is markdown, html, svg or png."""

    path: str
    form: str
    size_bytes: int


class CostReportData(TypedDict):
    """`maquette cost report --json`; ``decided`` is false where the option is the cheapest."""

    format: int
    option: str
    decided: bool
    prices_as_of: str
    horizon_months: int
    draws: int
    seed: int
    files: list[CostReportFileData]
