"""What breaks the layout of maquette.yaml, in words: pydantic's finding in, one problem out.

A value that may be a secret is never repeated in a message.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from maquette.foundation.problems import InvalidInput
from maquette.foundation.wording import listed, shown, suggestion
from maquette.requirements.checking import PlaceOf
from maquette.requirements.cost_section import (
    CommitmentEntry,
    CostEntry,
    CurrencyEntry,
    EnsembleEntry,
    EvaluationCostEntry,
    FineTuningEntry,
    GuardrailsEntry,
    LoggingEntry,
    PeopleEntry,
    PriceChangeEntry,
    ProvisionedEntry,
    RetrievalEntry,
    SeasonEntry,
)
from maquette.requirements.document import (
    DecisionEntry,
    EvaluationEntry,
    ExportEntry,
    GateEntry,
    MetricEntry,
    ModelsEntry,
    MutedRuleEntry,
    OverriddenRuleEntry,
    OwnRuleEntry,
    ProjectEntry,
    RulesEntry,
    ShortlistEntry,
    TargetEntry,
)

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

_SECTIONS: "Mapping[str, type[BaseModel]]" = {
    "": ProjectEntry,
    "models": ModelsEntry,
    "models.targets": TargetEntry,
    "shortlist": ShortlistEntry,
    "evaluation": EvaluationEntry,
    "evaluation.metrics": MetricEntry,
    "evaluation.gate": GateEntry,
    "cost": CostEntry,
    "cost.season": SeasonEntry,
    "cost.currency": CurrencyEntry,
    "cost.price_changes": PriceChangeEntry,
    "cost.commitments": CommitmentEntry,
    "cost.provisioned": ProvisionedEntry,
    "cost.ensemble": EnsembleEntry,
    "cost.retrieval": RetrievalEntry,
    "cost.guardrails": GuardrailsEntry,
    "cost.logging": LoggingEntry,
    "cost.evaluation": EvaluationCostEntry,
    "cost.fine_tuning": FineTuningEntry,
    "cost.people": PeopleEntry,
    "decision": DecisionEntry,
    "rules": RulesEntry,
    "rules.add": OwnRuleEntry,
    "rules.mute": MutedRuleEntry,
    "rules.override": OverriddenRuleEntry,
    "export": ExportEntry,
}
_NEVER_SHOWN = ("api_key_env", "options", "base_url")
_FIXES = {
    "api_key_env": "Put the key in an environment variable, and write the variable's name here.",
    "options": "Put the secret in an environment variable, and name the variable in api_key_env.",
    "base_url": "Write an address such as http://localhost:8000/v1, and name the key's variable in api_key_env.",
    "decided_on": "Write a day as 2026-11-20.",
    "launch": "Write a day as 2026-11-20.",
    "since": "Write a day as 2026-11-20.",
    "as_of": "Write a day as 2026-11-20.",
    "code": "Write three capital letters, such as EUR.",
}
_DAYS = ("decided_on", "signed_on", "until", "launch", "since", "as_of")
_DESCRIPTIONS: Mapping[str, tuple[str, str]] = {
    "model_type": ("is not a section of keys", "Put its keys below it."),
    "dict_type": ("is not a section of keys", "Put its keys below it."),
    "list_type": ("is not a list", "Write it in brackets, or one entry a line behind a dash."),
    "string_type": ("is not text", "Put it in quotes."),
    "string_too_short": ("is empty text", "Write something, or remove the line."),
    "int_type": ("is not a whole number", "Write a whole number without quotes."),
    "float_type": ("is not a number", "Write a number without quotes."),
    "date_type": ("is not a date", _FIXES["decided_on"]),
}


def layout_problem(error: "ErrorDetails", place_of: PlaceOf) -> InvalidInput:
    """One of pydantic's findings about the file as a problem with its place."""
    location = [str(part) for part in error["loc"]]
    place = place_of(".".join(location))
    what, fix = _words(error, location)
    return InvalidInput(what, fix=fix, place=place)


def _words(error: "ErrorDetails", location: list[str]) -> tuple[str, str]:
    key, section = location[-1], ".".join(part for part in location[:-1] if not part.isdecimal())
    kind = error["type"]
    if kind == "missing":
        return f"{key} is missing", f"Add {key}: {_described(section, key)}."
    if kind == "extra_forbidden":
        known = list(_SECTIONS[section].model_fields)
        owner = section or "the file"
        return f"{owner} has no key {shown(key)}", suggestion(key, known) or f"The keys are {listed(known)}."
    if kind == "value_error":
        what = "this is not a date" if key in _DAYS else str(error["ctx"]["error"])
        return what, _FIXES.get(key, "Correct it.")
    value = "the value" if key in _NEVER_SHOWN else shown(error["input"])
    if kind in _DESCRIPTIONS:
        what, fix = _DESCRIPTIONS[kind]
        return f"{value} {what}", fix
    return f"{value} is not possible here", f"{error['msg'].rstrip('.')}."


def _described(section: str, key: str) -> str:
    field: Any = _SECTIONS[section].model_fields[key]
    text: str = field.description
    return text[0].lower() + text[1:]
