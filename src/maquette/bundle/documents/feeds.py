"""What the sections of the documents are made from, by name, as fingerprints: bundles differ only where these do."""

from collections.abc import Mapping

from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import FactSheet
from maquette.bundle.inputs import BundleInputs
from maquette.bundle.slots import slot_views
from maquette.decision.decision import Decision
from maquette.foundation.lineage import fingerprint
from maquette.requirements.answers import assumptions, open_questions
from maquette.rules.report import RuleReport, Status


def feed_values(seen: Seen) -> Mapping[str, str]:
    """Every known fact and every stage's value by the name that sections declare, as fingerprints."""
    values = {
        **seen.facts.values,
        **_requirement_feeds(seen.inputs, seen.facts),
        **_catalog_feeds(seen.inputs),
        **_evaluation_feeds(seen.inputs),
        **_cost_feeds(seen.inputs),
        **(_decision_feeds(seen.inputs.decision) if seen.inputs.decision else {}),
        "decision.roles": [(role.role, role.model) for role in seen.roles],
        "decision.records": seen.inputs.records,
        "gateway.policy": seen.policy,
        "project.prompt": seen.inputs.prompt,
        "cost.launch": seen.inputs.launch,
        "serving": [repr(one) for one in seen.served],
        "catalog.providers": [
            (
                one.name,
                one.chosen,
                one.leading.card.id,
                [(mark.name, mark.wants, mark.says, mark.met) for mark in one.marks],
            )
            for one in seen.inputs.providers
        ],
        "catalog.uptimes": {name: str(one.share) for name, one in seen.inputs.uptimes.items()},
    }
    return {name: fingerprint(value) for name, value in values.items()}


def _requirement_feeds(inputs: BundleInputs, facts: FactSheet) -> dict[str, object]:
    return {
        "project.name": inputs.document,
        "requirements.answers": {name: facts.values[name] for name in sorted(inputs.requirements.answers)},
        "requirements.assumed": [(one.question.id, one.value) for one in assumptions(inputs.requirements, inputs.book)],
        "requirements.open": [one.id for one in open_questions(inputs.requirements, inputs.book)],
        "requirements.derived": {one.id: facts.values.get(one.id) for one in inputs.book.derived},
    }


def _catalog_feeds(inputs: BundleInputs) -> dict[str, object]:
    shortlist = inputs.shortlist
    if shortlist is None:
        return {}
    return {
        "catalog.funnel": [list(shortlist.funnel.items()), shortlist.catalog_size, shortlist.unchecked],
        "catalog.exclusions": [(one.card.id, one.filter, one.detail) for one in shortlist.exclusions],
        "catalog.candidates": [
            (one.card.id, one.fit, one.unverified, one.usd_per_request, one.usd_per_month, one.quality, one.cautions)
            for one in shortlist.candidates
        ],
    }


def _evaluation_feeds(inputs: BundleInputs) -> dict[str, object]:
    run = inputs.run
    if run is None:
        return {}
    return {
        "eval.run": [run.id, run.dataset, run.prompt, run.primary_metric, run.started_at, run.state],
        "eval.results": [run.threshold, run.results],
    }


def _cost_feeds(inputs: BundleInputs) -> dict[str, object]:
    projection = inputs.projection
    if projection is None:
        return {}
    return {
        "cost.options": [projection.options, projection.horizon_months, projection.prices_as_of],
        "cost.lines": projection.lines,
        "cost.assumptions": projection.assumptions,
        "cost.left_out": projection.left_out,
        "cost.findings": repr(inputs.costs),
        "cost.index": repr(inputs.index),
        "cost.training": repr(inputs.training),
    }


def _decision_feeds(decision: Decision) -> dict[str, object]:
    return {
        "decision.choice": [decision.choice, decision.recommended, decision.no_recommendation, decision.reasons],
        "decision.flips": decision.flips,
        "decision.blocking": decision.blocking,
        "decision.open": decision.open_questions,
        "decision.ladder": decision.ladder,
        "decision.tuned": decision.tuned,
        "decision.experiments": decision.experiments,
        "decision.conflicts": decision.conflicts,
        "decision.slots": [
            (one.name, one.value, one.state, [rule.id for rule in one.rules]) for one in slot_views(decision)
        ],
        **_rule_feeds(decision.rules),
    }


def _rule_feeds(report: RuleReport) -> dict[str, object]:
    return {
        "rules.fired": [(one.rule.id, one.overridden_by) for one in report.with_status(Status.FIRED)],
        "rules.unknown": [(one.rule.id, one.needs) for one in report.with_status(Status.UNKNOWN)],
    }
