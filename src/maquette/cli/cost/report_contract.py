"""What `maquette cost report --json` prints, as types."""

from typing_extensions import TypedDict


class CostReportFileData(TypedDict):
    """One file that was written; ``form`` is markdown, html, svg or png."""

    path: str
    form: str
    size_bytes: int


class CostReportTableData(TypedDict):
    """One table, its cells as text."""

    caption: str
    headings: list[str]
    rows: list[list[str]]


class CostReportSectionData(TypedDict):
    """One section: its sentences and tables, and the names of its charts."""

    title: str
    anchor: str
    says: list[str]
    tables: list[CostReportTableData]
    charts: list[str]


class CostReportData(TypedDict):
    """`maquette cost report --json`; ``decided`` is false where the option is the cheapest or was asked for.

    ``sections`` is the report as it reads; exact figures are those of maquette cost --json --lines.
    """

    format: int
    option: str
    decided: bool
    prices_as_of: str
    horizon_months: int
    draws: int
    seed: int
    files: list[CostReportFileData]
    title: str
    sections: list[CostReportSectionData]
