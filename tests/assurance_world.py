"""What the documents on threats, privacy, law and risks are made from: scenarios as `Seen`, sentences as plain text."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway import gateway_policy
from maquette.bundle.inputs import BundleInputs, role_models
from maquette.bundle.serving import served_models
from maquette.decision.decision import Decision
from maquette.foundation.expression import FactValue
from maquette.rules.report import RuleReport
from tests import bundle_world as world
from tests.document_world import scenario_inputs


def seen_of(inputs: BundleInputs) -> Seen:
    """What a document of these inputs may read."""
    facts, roles = FactSheet(inputs.requirements, inputs.book), role_models(inputs)
    policy = gateway_policy(inputs, roles, facts, world.templates().artifact("gateway").constants)
    return Seen(inputs=inputs, roles=roles, policy=policy, facts=facts, served=served_models(inputs, roles))


@cache
def scenario_seen(name: str, *changes: tuple[str, FactValue]) -> Seen:
    """A scenario with some answers changed."""
    return seen_of(scenario_inputs(name, *changes))


def stated(name: str, facts: Mapping[str, FactValue]) -> Seen:
    """A scenario of whose design more is stated; rules are not judged anew."""
    inputs = scenario_inputs(name)
    more = replace(inputs.requirements, design_facts={**inputs.requirements.design_facts, **facts})
    return seen_of(replace(inputs, requirements=more))


def decision_of(seen: Seen) -> Decision:
    """The decision, which scenarios have."""
    assert seen.inputs.decision is not None
    return seen.inputs.decision


def with_report(seen: Seen, report: RuleReport) -> Seen:
    """The same with other findings of rules."""
    decision = replace(decision_of(seen), rules=report)
    return seen_of(replace(seen.inputs, decision=decision))


def words(sentence: Sequence[str | Mapping[str, str]]) -> str:
    """A sentence without the marks of its figures."""
    return "".join(part if isinstance(part, str) else part["text"] for part in sentence)
