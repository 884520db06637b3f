"""The spans of one request's way through the parts that are decided, in OpenTelemetry's words for generative AI.

Names from the semantic conventions for generative AI, status Development, read on 2026-11-21 from
github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/gen-ai-spans.md at 9430220 and gen-ai-agent-spans.md.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Sentence, clause
from maquette.bundle.inputs import RoleModel
from maquette.bundle.runbooks.operating import on_own_machines
from maquette.bundle.slots import SlotView, slot_views

_OPERATION = "gen_ai.operation.name"
_CALL = (
    f"{_OPERATION}, gen_ai.provider.name, gen_ai.request.model, gen_ai.response.model, gen_ai.response.finish_reasons"
)
_USAGE = "gen_ai.usage.input_tokens, gen_ai.usage.output_tokens"
_CACHED = "gen_ai.usage.cache_read.input_tokens"
_PROVIDERS: Mapping[str, str] = {
    "openai": "openai",
    "anthropic": "anthropic",
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "deepseek": "deepseek",
    "gemini": "gcp.gemini",
    "groq": "groq",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "perplexity": "perplexity",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""The price map's providers and what gen_ai.provider.name calls them; others keep their own name."""


def span_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """The spans in the order of the request: name, kind, attributes, and what the span is there for."""
    return list(_spans(seen, {view.name: view for view in slot_views(seen.inputs.decision) if view.state == "decided"}))


def _spans(seen: Seen, slots: Mapping[str, SlotView]) -> Iterator[Mapping[str, Any]]:
    agent = seen.facts.text("agency.tools") not in (None, "none")
    yield _root(seen, agent=agent)
    for slot, value, name, attributes in _BEFORE:
        if _is(slots, slot, value):
            yield _span(name, "INTERNAL", attributes, _why(slots[slot]))
    if _is(slots, "knowledge", "rag"):
        yield _search(slots)
    cached = f"{_USAGE}, {_CACHED}" if _is(slots, "prefix_cache", True) else _USAGE
    for role in seen.roles:
        yield _span(f"chat {role.model}", "CLIENT", f"{_CALL}, {cached}", _of_role(role))
    if agent:
        yield _tool(seen, slots.get("sandbox"))
    for slot, value, name, attributes in _BEHIND:
        if _is(slots, slot, value):
            yield _span(name, "INTERNAL", attributes, _why(slots[slot]))


_BEFORE: tuple[tuple[str, object, str, str], ...] = (
    ("adaptation_first", "encoder_classifier", "classify", "label, confidence, escalated"),
    ("redaction", True, "redact", "findings by kind, never their text"),
    ("guardrails", "both", "guard input", "guardrail name, verdict"),
)
_BEHIND: tuple[tuple[str, object, str, str], ...] = (
    ("approval", True, "wait for approval", "who approved, how long it took"),
    ("citation_check", True, "check citations", "cited, found"),
    ("guardrails", "both", "guard output", "guardrail name, verdict"),
)
"""Decided slot, its value, and the span of that part before or behind the call of the model, with its attributes."""


def _root(seen: Seen, *, agent: bool) -> Mapping[str, Any]:
    """The span that holds all others."""
    facts = seen.facts
    if agent:
        why = clause("one session, ", facts.figure("context.turns_avg")) or ["one session"]
        return _span(
            f"invoke_agent {seen.inputs.document}",
            "INTERNAL",
            f"{_OPERATION}, gen_ai.agent.name, gen_ai.conversation.id",
            why,
        )
    turns = facts.values.get("context.multi_turn") is True
    attributes = "gen_ai.conversation.id, error.type" if turns else "error.type"
    return _span("request", "SERVER", attributes, clause("one request: ", facts.figure("task.type")) or ["one request"])


def _search(slots: Mapping[str, SlotView]) -> Mapping[str, Any]:
    why = _why(slots.get("retrieval") or slots["knowledge"])
    if _is(slots, "retrieval", "agentic_search"):
        return _span("execute_tool search", "INTERNAL", f"{_OPERATION}, gen_ai.tool.name, documents found", why)
    attributes = f"{_OPERATION}, gen_ai.data_source.id, gen_ai.retrieval.top_k, documents found"
    return _span("retrieval index", "CLIENT", attributes, why)


def _tool(seen: Seen, sandbox: SlotView | None) -> Mapping[str, Any]:
    why = _why(sandbox) if sandbox else clause("what it may do: ", seen.facts.figure("agency.tools"))
    attributes = f"{_OPERATION}, gen_ai.tool.name, gen_ai.tool.call.id, error.type"
    return _span("execute_tool (name of the tool)", "INTERNAL", attributes, why)


def _of_role(role: RoleModel) -> Sentence:
    provider = role.card.provider if role.card else "unknown"
    family = "vertex_ai" if provider.startswith("vertex_ai-") else provider
    where = "vllm" if on_own_machines(role) and not role.local else _PROVIDERS.get(family, provider)
    return [f"{role.role}; gen_ai.provider.name is {where}"]


def _is(slots: Mapping[str, SlotView], name: str, value: object) -> bool:
    return name in slots and slots[name].value == value


def _why(view: SlotView) -> Sentence:
    return [f"{view.name}: {', '.join(rule.id for rule in view.rules)}"]


def _span(name: str, kind: str, attributes: str, why: Sentence) -> Mapping[str, Any]:
    return {"name": name, "kind": kind, "attributes": attributes, "why": list(why)}
