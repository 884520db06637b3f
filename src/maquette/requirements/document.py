"""The layout of maquette.yaml outside the answers, as pydantic models: the keys, their plain types, their descriptions.

One declaration checks the file and makes its JSON Schema. No stage's types are here, because later stages have theirs.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from maquette.requirements.cost_section import CostEntry
from maquette.requirements.layout import Entry, Text
from maquette.requirements.layout import iso_date as _iso_date

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
    step: Literal["prompt", "few_shot", "retrieval", "fine_tune"] | None = Field(
        default=None, description="The step of an adaptation that is evaluated; absent, the prompt's examples tell it"
    )


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
    signed_by: Text | None = Field(default=None, description="Who accepted it")
    signed_on: Annotated[date, BeforeValidator(_iso_date), Field(strict=True)] | None = Field(
        default=None, description="The day on which it was accepted"
    )
    computed_from: Text | None = Field(default=None, description="Written by maquette: what the decision was made on")
    rests_on: dict[str, list[Text]] | None = Field(
        default=None, description="Written by maquette: the facts, rules, prices and figures behind each record"
    )


_RULE_ID = r"^R-[A-Z]+-[0-9]{2}$"


class OwnRuleEntry(Entry):
    """A rule of this project, in the layout of the catalog."""

    id: Annotated[str, Field(strict=True, pattern=_RULE_ID)] = Field(description="Such as R-OWN-01")
    area: Annotated[str, Field(strict=True, pattern="^[a-z]+$")] | None = Field(
        default=None, description="The area of the rule base that it belongs to; project when absent"
    )
    when: Text = Field(description="The condition over dotted facts; an unknown fact leaves it unknown")
    recommend: Text = Field(description="What to do when it fires")
    strength: Literal["must", "strong", "consider", "avoid", "info"] = Field(description="How binding it is")
    set: dict[str, StrictStr | StrictInt | StrictBool] | None = Field(
        default=None, description="Slot name to the value that it proposes"
    )
    overrides: list[Text] | None = Field(default=None, description="Rules that lose their proposals when it fires")
    rationale: Text = Field(description="Why")
    source: list[Text] | None = Field(default=None, description="Where that comes from, in words or a catalog source")
    guidance: list[Text] | None = Field(default=None, description="Whose guidance says so")
    conflict: Text | None = Field(default=None, description="Where guidance and evidence disagree")
    overturn: Text = Field(description="What would overturn it; none when nothing would")
    effect: dict[str, StrictStr] | None = Field(
        default=None,
        description="How quality, latency, availability, cost and safety move: better, worse, same, depends; gives_up",
    )


class MutedRuleEntry(Entry):
    """A rule that is not judged here."""

    id: Text = Field(description="The rule's id")
    because: Text = Field(description="Why, in your words")


class OverriddenRuleEntry(MutedRuleEntry):
    """A rule that the project deviates from: its proposals do not count, its risk is accepted."""

    until: Annotated[date, BeforeValidator(_iso_date), Field(strict=True)] | None = Field(
        default=None, description="The last day on which this counts; for ever when absent"
    )


class RulesEntry(Entry):
    """What the project says about the rules, each with a reason."""

    add: list[OwnRuleEntry] | None = Field(default=None, description="Rules of your own")
    mute: list[MutedRuleEntry] | None = Field(default=None, description="Rules that are not judged; never a must")
    override: list[OverriddenRuleEntry] | None = Field(default=None, description="Rules that you deviate from")


class ExportEntry(Entry):
    """Where the bundle goes."""

    out: Text | None = Field(default=None, description="A folder in the project; out when absent")
    templates: Text | None = Field(
        default=None, description="A folder in the project with templates of your own; templates when absent"
    )


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
    rules: RulesEntry | None = None
    export: ExportEntry | None = None
