"""The gateway's files alone, from the inputs of a bundle: without the documents around them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ruamel.yaml import YAML

from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway import GatewayPolicy, gateway_policy
from maquette.bundle.gateway.view import gateway_view
from maquette.bundle.inputs import BundleInputs, role_models
from maquette.bundle.project_text import project_view
from maquette.bundle.services import services_view
from maquette.foundation.expression import FactValue
from maquette.requirements.answers import Requirements
from maquette.rules.report import Rule, SlotValue, Strength
from tests import bundle_world as world


def policy_of(values: BundleInputs) -> GatewayPolicy:
    """The policy of a bundle."""
    facts = FactSheet(values.requirements, values.book)
    policy = gateway_policy(values, role_models(values), facts, world.templates().artifact("gateway").constants)
    assert policy is not None
    return policy


def text_of(values: BundleInputs, template: str = "gateway/config.yaml.j2") -> str:
    """One file of the gateway or of Compose, as it is written."""
    artifact, policy = world.templates().artifact(template.partition("/")[0]), policy_of(values)
    data = {
        "project": project_view(values),
        "gateway": gateway_view(policy),
        "services": {"name": "tested", **services_view(policy, role_models(values))},
        "tools": artifact.tools,
        "constants": artifact.constants,
    }
    return world.renderer().render(template, data)


def read(values: BundleInputs, template: str = "gateway/config.yaml.j2") -> Any:
    """The same, read as YAML."""
    return YAML(typ="safe").load(text_of(values, template))


def entries(values: BundleInputs, group: str) -> list[dict[str, Any]]:
    """The parameters of a group's deployments."""
    return [one["litellm_params"] for one in read(values)["model_list"] if one["model_name"] == group]


def binding(rule: str, **proposes: SlotValue) -> Rule:
    """A rule that decides slots."""
    return world.rule(rule, Strength.STRONG, "It is decided for a test", **proposes)


def two_providers(answers: Mapping[str, FactValue], *rules: Rule, **changes: Any) -> BundleInputs:
    """Two API models of different providers, with the answers of the small project and these."""
    said = {**world.ANSWERS, **answers}
    return world.inputs(said, decision=world.decision(rules=(world.MONITORING, *rules)), **changes)


def stating(values: BundleInputs, **design: FactValue) -> BundleInputs:
    """The bundle with facts stated of its design."""
    facts = {f"design.{name}": value for name, value in design.items()}
    return replace(values, requirements=Requirements(answers=values.requirements.answers, design_facts=facts))


def routed(**more: Any) -> BundleInputs:
    """A project of mixed requests whose second model costs ten times the first, with a router."""
    cards = (world.card("alpha-mini", input_usd="0.0000001"), world.card("beta-flash", input_usd="0.000001"))
    costs = world.projection(world.option_cost("alpha-mini", "60"), world.option_cost("beta-flash", "600"))
    values = world.inputs(
        {**world.ANSWERS, "task.complexity": "mixed", "budget.hardness": "soft"},
        decision=world.decision(model="alpha-mini", fallback="beta-flash", rules=(world.MONITORING,)),
        shortlist=world.shortlist(*cards, world.card("gamma-mid", input_usd="0.0000004")),
        run=None, targets=(), projection=costs,
    )  # fmt: skip
    return stating(replace(values, **more), router=True)
