"""The layout of maquette.yaml outside the answers, as pydantic models: the keys, their plain types, their descriptions.

One declaration checks the file and makes its JSON Schema. No stage's types are here, because later stages have theirs.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

FORMAT_VERSION = 1
"""The version of the layout; a file of another version is refused."""

_SECRET_OPTIONS = re.compile(r"(^|_)(api_?key|token|password|secret|authorization)$", re.IGNORECASE)


def _environment_name(name: str) -> str:
    """Refuses what cannot be a variable's name, without repeating it: it may be the key itself."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("this is not the name of an environment variable")
    return name


def _web_address(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", url):
        raise ValueError("this is not an address that begins with http:// or https:// and holds no password")
    return url


def _without_secrets(options: dict[str, Any]) -> dict[str, Any]:
    named = [key for key in options if _SECRET_OPTIONS.search(key)]
    if named:
        raise ValueError(f"{named[0]} would be a secret in a file")
    return options


def _iso_date(value: object) -> object:
    """Text as a date; numbers stay what they are, so that none is read as seconds since 1970."""
    return date.fromisoformat(value) if isinstance(value, str) else value


Text = Annotated[str, Field(strict=True, min_length=1)]


class Entry(BaseModel):
    """A section; keys that it does not have are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetEntry(Entry):
    """How a model is reached."""

    id: Text = Field(description="The name of this target in the project")
    card: Text | None = Field(default=None, description="The catalog id of the model behind it; the id when absent")
    adapter: Text = Field(description="How it is reached: litellm, llama_cpp, replay, or an installed plug-in's name")
    model: Text = Field(description="What the adapter calls it: a LiteLLM model, a GGUF file, a run to replay")
    base_url: Annotated[Text, AfterValidator(_web_address)] | None = Field(
        default=None, description="The address of an OpenAI-compatible server"
    )
    api_key_env: Annotated[Text, AfterValidator(_environment_name)] | None = Field(
        default=None, description="The name of the environment variable that holds the key; never the key"
    )
    options: Annotated[dict[str, Any], AfterValidator(_without_secrets)] | None = Field(
        default=None, description="Settings of the adapter"
    )


class ModelsEntry(Entry):
    """Where models come from."""

    folders: list[Text] | None = Field(default=None, description="Folders with GGUF files")
    targets: list[TargetEntry] | None = Field(default=None, description="Models reached in a way of your own")


class ShortlistEntry(Entry):
    """The models to evaluate."""

    chosen: list[Text] | None = Field(default=None, description="Model or target ids, in the order of preference")
    computed_from: Text | None = Field(default=None, description="Written by maquette: what the choice was made on")


class MetricEntry(BaseModel):
    """A metric; its settings stand beside its kind."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: Text = Field(description="exact_match, contains, regex, json_schema, json_fields, or a plug-in's name")


class GateEntry(Entry):
    """What `maquette eval gate` demands of a run beside the blessed baseline."""

    margin: Annotated[float, Field(strict=True, gt=0, lt=1)] | None = Field(
        default=None, description="How much worse is accepted, as a fraction; 0.05 when absent"
    )
    alert: Annotated[float, Field(strict=True, gt=0, lt=1)] | None = Field(
        default=None, description="The drop of the score that is told, as a fraction; 0.02 when absent"
    )
    alert_fails: Annotated[bool, Field(strict=True)] | None = Field(
        default=None, description="Whether such a drop fails the gate; true when absent"
    )
    must_pass: Annotated[bool, Field(strict=True)] | None = Field(
        default=None, description="Whether examples with must_pass have to be right; true when absent"
    )
    hard_breaks: list[Text] | None = Field(default=None, description="Ids of examples that must not break")
    max_usd_per_answer: Annotated[float, Field(strict=True, ge=0)] | None = Field(
        default=None, description="The most that an answer may cost, in dollars"
    )
    max_p95_s: Annotated[float, Field(strict=True, gt=0)] | None = Field(
        default=None, description="The highest 95th percentile of the latency, in seconds"
    )
    max_failed: Annotated[float, Field(strict=True, ge=0, le=1)] | None = Field(
        default=None, description="The share of calls that may stay without a score; 0.02 when absent"
    )
    not_enough_data: Literal["fail", "pass"] | None = Field(
        default=None, description="What too few examples count as; told apart when absent"
    )


class EvaluationEntry(Entry):
    """What is asked of the chosen models, and how the answers are scored."""

    dataset: Text | None = Field(default=None, description="The examples: a JSONL, CSV or Parquet file in the project")
    prompt: Text | None = Field(default=None, description="The prompt template, a file in the project")
    metrics: list[MetricEntry] | None = Field(default=None, description="The first one is compared with the threshold")
    max_output_tok: Annotated[int, Field(strict=True, ge=1)] | None = Field(
        default=None, description="The longest answer, in tokens; 256 when absent"
    )
    temperature: Annotated[float, Field(strict=True, ge=0, le=2)] | None = Field(
        default=0.0, description="Null leaves the model's own setting alone; 0 when absent"
    )
    answer_schema: Text | None = Field(default=None, description="A JSON Schema file that answers must follow")
    gate: GateEntry | None = Field(default=None, description="What a run has to keep beside the blessed baseline")


class CostEntry(Entry):
    """Written by maquette: that the projection was looked at."""

    computed_from: Text | None = Field(default=None, description="What the projection was computed from")


class DecisionEntry(Entry):
    """What was decided, and why."""

    model: Text | None = Field(default=None, description="The model that was chosen")
    fallback: Text | None = Field(default=None, description="The model that steps in")
    because: Text | None = Field(default=None, description="The reason, in your words")
    status: Literal["draft", "accepted"] | None = Field(default=None, description="draft or accepted")
    unevaluated_because: Text | None = Field(
        default=None, description="Why it was accepted although no current evaluation has a score of the model"
    )
    decided_on: Annotated[date, BeforeValidator(_iso_date), Field(strict=True)] | None = Field(
        default=None, description="The day of the decision"
    )
    computed_from: Text | None = Field(default=None, description="Written by maquette: what the decision was made on")


class ExportEntry(Entry):
    """Where the bundle goes."""

    out: Text | None = Field(default=None, description="A folder in the project; out when absent")


class ProjectEntry(Entry):
    """A project of Maquette."""

    maquette: Literal[1] = Field(description="The version of this file's layout")
    requirements: Any = Field(default=None, description="What the system must do")
    design_facts: Any = Field(default=None, description="Facts about a design under review")
    models: ModelsEntry | None = None
    shortlist: ShortlistEntry | None = None
    evaluation: EvaluationEntry | None = None
    cost: CostEntry | None = None
    decision: DecisionEntry | None = None
    export: ExportEntry | None = None
