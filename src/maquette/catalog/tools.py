"""What stands around a model: gateways, caches, queues, monitoring, databases, engines; and which of it is kept up."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from maquette.foundation.sources import Source, SourceKind


class Purpose(StrEnum):
    """What a tool is for; the values are what people type."""

    ORCHESTRATION = "orchestration"
    LLM_GATEWAY = "llm-gateway"
    API_GATEWAY = "api-gateway"
    CACHE = "cache"
    QUEUE = "queue"
    MONITORING = "monitoring"
    TRACING = "tracing"
    BACKEND = "backend"
    DATABASE = "database"
    DEPLOYMENT = "deployment"
    ENGINE = "engine"


class Status(StrEnum):
    """Whether somebody looks after a tool."""

    ACTIVE = "active"
    MAINTENANCE = "maintenance"
    ARCHIVED = "archived"
    REPLACED = "replaced"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Engine(_Entry):
    """What a serving engine does with weights and requests; None is unknown."""

    quantisations: tuple[str, ...] = Field((), description="Formats it loads, in the names of the field.")
    paged_kv_cache: bool | None = None
    continuous_batching: bool | None = None
    families: tuple[str, ...] = Field((), description="Families that it names as supported; never the whole list.")


class Tool(_Entry):
    """One tool; the page and its date say where status and licence come from."""

    name: str = Field(min_length=1)
    purposes: tuple[Purpose, ...] = Field(min_length=1)
    about: str = Field(description="What it is, in a few words.")
    status: Status | None = Field(None, description="None when nobody has looked.")
    status_note: str | None = Field(None, description="What to mind, a sentence.")
    replaced_by: str | None = Field(None, description="The name of the tool to take instead.")
    licence: str | None = Field(None, description="SPDX name, or what the vendor calls its terms.")
    engine: Engine | None = None
    source: str = Field(pattern=r"^https://")
    as_of: date

    @property
    def origin(self) -> Source:
        """Where it comes from."""
        return Source(kind=SourceKind.CLAIMED, ref=self.source, as_of=self.as_of)


class ToolsFile(_Entry):
    """catalog/tools/tools.yaml."""

    tools: tuple[Tool, ...]


def tools_for(purpose: Purpose, tools: Iterable[Tool]) -> tuple[Tool, ...]:
    """The tools for a purpose: those that are kept up first, those given up last, otherwise in the file's order."""
    order = (Status.ACTIVE, None, Status.MAINTENANCE, Status.ARCHIVED, Status.REPLACED)
    return tuple(
        sorted((tool for tool in tools if purpose in tool.purposes), key=lambda tool: order.index(tool.status))
    )


def deployment_targets(tools: Iterable[Tool]) -> tuple[str, ...]:
    """The clouds and platforms that a system can be put on."""
    return tuple(tool.name for tool in tools if Purpose.DEPLOYMENT in tool.purposes)
