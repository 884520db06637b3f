"""Tools as data for --json and as rows for tables."""

from collections.abc import Iterable
from datetime import date

from maquette.catalog.tools import Engine, Tool
from maquette.cli.catalog.ages import old
from maquette.cli.catalog.knowledge_contracts import EngineData, ToolData, ToolsData
from maquette.cli.contract_parts import FORMAT

HEADINGS = ("tool", "purpose", "status", "licence", "mind", "read on")
ENGINE_HEADINGS = ("engine", "quantisations", "paged KV cache", "continuous batching")
_YES_NO = {True: "yes", False: "no", None: "unknown"}


def tool_rows(tools: Iterable[Tool], today: date) -> list[tuple[str, ...]]:
    """One row for each tool, under `HEADINGS`."""
    return [
        (
            tool.name,
            ", ".join(purpose.value for purpose in tool.purposes),
            status_in_words(tool),
            tool.licence or "unknown",
            tool.status_note or "",
            f"{tool.as_of.isoformat()}, old" if old(tool.as_of, today) else tool.as_of.isoformat(),
        )
        for tool in tools
    ]


def engine_rows(tools: Iterable[Tool]) -> list[tuple[str, ...]]:
    """One row for each serving engine, under `ENGINE_HEADINGS`."""
    return [(tool.name, *_engine(tool.engine)) for tool in tools if tool.engine]


def status_in_words(tool: Tool) -> str:
    """Whether it is kept up, and by what it is replaced."""
    status = tool.status.value if tool.status else "unknown"
    return f"{status}; take {tool.replaced_by}" if tool.replaced_by else status


def tools_data(tools: Iterable[Tool], today: date) -> ToolsData:
    """Every tool with its source."""
    return {"format": FORMAT, "tools": [_tool_data(tool, today) for tool in tools]}


def _tool_data(tool: Tool, today: date) -> ToolData:
    return {
        "name": tool.name,
        "purposes": [purpose.value for purpose in tool.purposes],
        "about": tool.about,
        "status": tool.status.value if tool.status else None,
        "status_note": tool.status_note,
        "replaced_by": tool.replaced_by,
        "licence": tool.licence,
        "engine": _engine_data(tool.engine) if tool.engine else None,
        "source": tool.source,
        "as_of": tool.as_of.isoformat(),
        "old": old(tool.as_of, today),
    }


def _engine_data(engine: Engine) -> EngineData:
    return {
        "quantisations": list(engine.quantisations),
        "paged_kv_cache": engine.paged_kv_cache,
        "continuous_batching": engine.continuous_batching,
        "families": list(engine.families),
    }


def _engine(engine: Engine) -> tuple[str, ...]:
    formats = ", ".join(engine.quantisations) or "unknown"
    return (formats, _YES_NO[engine.paged_kv_cache], _YES_NO[engine.continuous_batching])
