"""What the diagrams of a design show: what is answered, decided or chosen, each with its reason, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from maquette.bundle.diagrams.drawing import diagrams, diagrams_absent, diagrams_view
from maquette.bundle.diagrams.model import Absent, Edge, Flow, Kind, Node, Sequence
from maquette.bundle.diagrams.views import NO_MODEL
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway import gateway_policy
from maquette.bundle.inputs import BundleInputs, role_models
from maquette.bundle.serving import served_models
from maquette.rules.report import Rule, Strength
from tests import bundle_world as world
from tests.serving_world import open_inputs


def seen_of(inputs: BundleInputs) -> Seen:
    """What the documents are made from."""
    facts, roles = FactSheet(inputs.requirements, inputs.book), role_models(inputs)
    policy = gateway_policy(inputs, roles, facts, world.templates().artifact("gateway").constants)
    return Seen(inputs=inputs, roles=roles, policy=policy, facts=facts, served=served_models(inputs, roles))


def flow(inputs: BundleInputs, name: str) -> Flow:
    found = diagrams(seen_of(inputs))[name]
    assert isinstance(found, Flow)
    return found


def sequence(inputs: BundleInputs, name: str) -> Sequence:
    found = diagrams(seen_of(inputs))[name]
    assert isinstance(found, Sequence)
    return found


def decided(*rules: Rule, **changes: Any) -> BundleInputs:
    return world.inputs(decision=world.decision(rules=rules), **changes)


def keys(shown: Flow) -> set[str]:
    return {node.key for node in shown.nodes}


def lines(shown: Flow) -> set[tuple[str, str]]:
    return {(edge.start, edge.end) for edge in shown.edges}


def test_without_a_model_only_the_context_is_drawn_and_each_other_one_says_why_not() -> None:
    made = diagrams(seen_of(world.empty_inputs()))
    assert list(diagrams_view(made)) == ["context"]
    assert {one["name"]: one["reason"] for one in diagrams_absent(made)} == dict.fromkeys(
        ("container", "component", "deployment", "dynamic-request", "dynamic-failure", "data-flow"), NO_MODEL
    )


def test_the_smallest_context_is_who_uses_the_system_and_says_that_this_is_assumed() -> None:
    shown = flow(world.empty_inputs(), "context")
    assert [(node.name, node.what) for node in shown.nodes] == [
        ("ticket-triage", "the task is not known"),
        ("Staff", "assumed; count not known"),
    ]
    assert shown.nodes[1].why == "users.audience = internal (assumed: default of users.audience)"


def test_a_project_of_which_not_even_its_users_are_known_has_no_context_to_draw() -> None:
    book = world.book()
    silent = replace(
        book, questions={**book.questions, "users.audience": replace(book.questions["users.audience"], default=None)}
    )
    found = diagrams(seen_of(replace(world.empty_inputs(), book=silent)))["context"]
    assert isinstance(found, Absent)
    assert found.reason == "it is not known who uses the system or what it calls"


def test_providers_stand_in_the_context_with_their_models_roles_and_regions() -> None:
    cards = world.shortlist(
        world.card("beta-flash", regions=("us", "eu-west-1")), world.card("alpha-mini", provider="mistral")
    )
    shown = flow(world.inputs({**world.ANSWERS, "data.residency": "eu"}, shortlist=cards), "context")
    assert {node.name: node.what for node in shown.nodes if node.kind is Kind.EXTERNAL} == {
        "openai": "beta-flash (primary); region offered in eu-west-1; pinned in the gateway",
        "mistral": "alpha-mini (fallback); region not known",
    }
    assert [(edge.end, edge.dashed) for edge in shown.edges if edge.start == "system"] == [
        ("provider_openai", False),
        ("provider_mistral", True),
    ]


def test_two_models_of_one_provider_are_one_system() -> None:
    cards = world.shortlist(world.card("beta-flash"), world.card("alpha-mini"))
    shown = flow(world.inputs(shortlist=cards), "context")
    (provider,) = [node for node in shown.nodes if node.kind is Kind.EXTERNAL]
    assert provider.what == "beta-flash (primary), alpha-mini (fallback); region not known"


def test_a_part_is_drawn_only_when_a_binding_rule_decided_it_and_names_the_rule() -> None:
    assert "queue" not in keys(flow(decided(world.rule("R-Q", Strength.CONSIDER, "queue", queue=True)), "container"))
    assert "queue" not in keys(flow(decided(world.NO_QUEUE), "container"))
    shown = flow(decided(world.rule("R-Q", Strength.STRONG, "queue", queue=True)), "container")
    assert next(node.why for node in shown.nodes if node.key == "queue") == "R-Q (strong)"
    assert {("application", "queue"), ("queue", "gateway")} <= lines(shown)
    assert ("application", "gateway") not in lines(shown)


@pytest.mark.parametrize(
    ("slot", "value", "part", "line"),
    [
        ("batch_lane", True, "batch_lane", ("batch_lane", "gateway")),
        ("redaction", True, "redaction", ("application", "redaction")),
        ("guardrails", "both", "guardrails", ("application", "guardrails")),
        ("knowledge", "rag", "retrieval", ("application", "retrieval")),
        ("memory", "rolling", "memory", ("application", "memory")),
        ("sandbox", True, "sandbox", ("application", "sandbox")),
        ("cache", "exact", "redis", ("gateway", "redis")),
        ("monitoring", True, "prometheus", ("prometheus", "gateway")),
        ("alerts", "burn_rate", "alerts", ("prometheus", "alerts")),
        ("approval", True, "approver", ("application", "approver")),
    ],
)
def test_each_decided_part_has_its_line(slot: str, value: str | bool, part: str, line: tuple[str, str]) -> None:
    assert part not in keys(flow(decided(), "container"))
    shown = flow(decided(world.rule("R-X", Strength.MUST, "because", **{slot: value})), "container")
    assert part in keys(shown)
    assert line in lines(shown)


def test_every_line_to_a_model_comes_from_a_gateway() -> None:
    everything: dict[str, str | int | bool] = {
        "queue": True,
        "batch_lane": True,
        "redaction": True,
        "knowledge": "rag",
        "sandbox": True,
        "regions": 2,
    }
    inputs = decided(world.rule("R-ALL", Strength.MUST, "all of it", **everything))
    for name in ("container", "deployment", "data-flow"):
        ends = {start for start, end in lines(flow(inputs, name)) if end in ("primary", "fallback")}
        assert ends <= {"gateway", "second_gateway"}, name


def test_a_search_index_stands_between_retrieval_and_what_it_knows() -> None:
    rag = world.rule("R-RAG", Strength.STRONG, "retrieve", knowledge="rag", retrieval="hybrid_rerank")
    assert ("retrieval", "index") in lines(flow(decided(rag), "container"))
    search = world.rule("R-RAG", Strength.STRONG, "retrieve", knowledge="rag", retrieval="agentic_search")
    assert "index" not in keys(flow(decided(search), "container"))


def test_own_machines_stand_in_a_boundary_with_replicas_and_accelerators() -> None:
    shown = flow(open_inputs(), "deployment")
    assert [one.title for one in shown.boundaries] == [
        "Platform: not known; region: not known",
        "4 x H100-SXM 80GB of your 8; region: not known",
    ]
    model = next(node for node in shown.nodes if node.key == "primary")
    assert model.what == "primary, vLLM, 3 replicas and 1 spare, 1 accelerator each, fp8, up to 19 requests at once"
    assert model.boundary == "machines_primary"


def test_a_second_region_is_drawn_when_it_is_decided() -> None:
    two = world.rule("R-REGION", Strength.STRONG, "two", regions=2)
    shown = flow(decided(two), "deployment")
    assert {("application", "second_gateway"), ("second_gateway", "primary")} <= lines(shown)
    assert "second_gateway" not in keys(flow(decided(), "deployment"))


def test_the_steps_of_a_request_carry_the_time_that_is_known_of_them() -> None:
    steps = sequence(world.inputs(), "dynamic-request").steps
    assert [(step.number, step.label, step.time) for step in steps] == [
        (1, "request", "required: P95 1,000 ms"),
        (2, "asks for the group primary", "at most 4 s: 2 x 2 s"),
        (3, "prompt", "at most 2 s"),
        (4, "answer", "P50 0.412 s, P95 0.803 s (measured: run r-014)"),
        (5, "answer", ""),
        (6, "answer", "required: P95 1,000 ms"),
    ]


def test_a_sized_model_has_its_predicted_time_and_a_model_of_which_nothing_is_known_says_so() -> None:
    steps = {
        step.label: step.time for step in sequence(open_inputs(), "dynamic-request").steps if step.start == "primary"
    }
    assert steps == {"answer": "predicted: first token 750 ms, mean answer 19.8 s (sizing)"}
    bare = sequence(world.inputs({}, run=None), "dynamic-request").steps
    assert [step.time for step in bare if step.start == "primary"] == ["time not known"]
    assert [step.time for step in bare if step.end == "primary"] == ["no time limit"]


def test_the_failure_path_is_the_gateways_own_retries_timeout_and_fallback() -> None:
    steps = sequence(world.inputs(), "dynamic-failure").steps
    assert [step.label for step in steps if step.number is None] == [
        "A server error: the same model again",
        "Still an error, or no answer in time, or a prompt too long for primary: the other model",
    ]
    again = next(step for step in steps if step.number == 4)
    assert (again.label, again.time) == ("the same prompt, up to 2 more times", "each at most 2 s")
    assert (steps[-1].end, steps[-1].time) == ("application", "timeouts alone at most 4 s: 2 x 2 s")


def test_without_a_fallback_the_failure_path_ends_in_an_error() -> None:
    steps = sequence(world.inputs(decision=world.decision(fallback=None)), "dynamic-failure").steps
    assert steps[-1].label == "error"
    assert "fallback" not in {step.end for step in steps}


def test_every_flow_of_data_names_its_region_and_its_processor() -> None:
    shown = flow(world.inputs({**world.ANSWERS, "data.residency": "us"}), "data-flow")
    assert {(edge.end, edge.processor, edge.region) for edge in shown.edges} == {
        ("application", "your organisation", "us (required)"),
        ("gateway", "your organisation", "us (required)"),
        ("log", "your organisation", "us (required)"),
        ("primary", "openai", "not known"),
        ("fallback", "mistral", "not known"),
    }
    assert [one.title for one in shown.boundaries] == [
        "Your organisation; region: us (required)",
        "Processor: openai; region: not known",
        "Processor: mistral; region: not known",
    ]


def test_the_log_says_what_stands_in_it() -> None:
    metadata = world.rule("R-PRIV", Strength.MUST, "metadata", logging="metadata")
    log = {node.key: node.what for node in flow(decided(metadata), "data-flow").nodes}["log"]
    assert log == "metadata only; how long is not known"


def test_a_diagram_refuses_lines_and_boundaries_that_lead_nowhere() -> None:
    node = Node(key="a", name="A", kind=Kind.CONTAINER, what="", why="")
    other = replace(node, key="b")
    for wrong in (
        {"nodes": (node, node)},
        {"nodes": (node,), "edges": (Edge(start="a", end="b", label=""),)},
        {"nodes": (node, other), "edges": (Edge(start="a", end="a", label=""),)},
        {"nodes": (replace(node, boundary="none"),)},
    ):
        with pytest.raises(ValueError, match=r"diagram|line"):
            Flow(name="x", title="X", **wrong)
