"""Which module makes the data of which document: a template reads it under this name."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from maquette.bundle.documents.brief import brief_view
from maquette.bundle.documents.caching import caching_view
from maquette.bundle.documents.calendar import calendar_view
from maquette.bundle.documents.capacity import capacity_view
from maquette.bundle.documents.compliance import compliance_view
from maquette.bundle.documents.context_design import context_design_view
from maquette.bundle.documents.contract import contract_view
from maquette.bundle.documents.cost_model import cost_model_view
from maquette.bundle.documents.evaluation_plan import evaluation_plan_view
from maquette.bundle.documents.finetune import finetune_view
from maquette.bundle.documents.migration import migration_view
from maquette.bundle.documents.observability import observability_view
from maquette.bundle.documents.privacy import privacy_view
from maquette.bundle.documents.queueing import queueing_view
from maquette.bundle.documents.recovery import recovery_view
from maquette.bundle.documents.register import register_view
from maquette.bundle.documents.retrieval_design import retrieval_design_view
from maquette.bundle.documents.risks import risks_view
from maquette.bundle.documents.rollout import rollout_view
from maquette.bundle.documents.routing import routing_view
from maquette.bundle.documents.rule_rows import rule_rows
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.selection import selection_view
from maquette.bundle.documents.slo import slo_view
from maquette.bundle.documents.surroundings import surroundings_view
from maquette.bundle.documents.system_card import system_card_view
from maquette.bundle.documents.threats import threats_view
from maquette.bundle.documents.traceability import traceability_view

DocumentView: TypeAlias = Callable[[Seen], Any]

DOCUMENTS: Mapping[str, DocumentView] = {
    "brief": brief_view,
    "caching": caching_view,
    "calendar": calendar_view,
    "capacity": capacity_view,
    "compliance": compliance_view,
    "context_design": context_design_view,
    "contract": contract_view,
    "cost_model": cost_model_view,
    "finetune": finetune_view,
    "matrix": traceability_view,
    "migration": migration_view,
    "observability": observability_view,
    "plan": evaluation_plan_view,
    "privacy": privacy_view,
    "queueing": queueing_view,
    "recovery": recovery_view,
    "register": register_view,
    "rollout": rollout_view,
    "routing": routing_view,
    "rule_rows": rule_rows,
    "retrieval_design": retrieval_design_view,
    "risks": risks_view,
    "selection": selection_view,
    "slo": slo_view,
    "surroundings": surroundings_view,
    "system_card": system_card_view,
    "threats": threats_view,
}
"""Data name to the function that makes it; the name is the one that ``template.toml`` lists under ``inputs``."""
