"""How the system steps down before it stops: what starts each step, what a caller still gets, who switches, the count.

The last step needs no model: it is a rule of the application for its kind of task, and it leaves a line in the log.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import times
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Sentence, clause, estimated, figure
from maquette.bundle.gateway import GatewayPolicy
from maquette.bundle.gateway.view import RETRIES_SOURCE
from maquette.bundle.runbooks.operating import planned_days
from maquette.bundle.slots import decided
from maquette.foundation.units import readable_count, readable_usd

METRIC = "app_fallback_total"
"""Counter of answers that came from a lower step, by ``step`` and ``reason``."""

EVENT = "degraded"
"""The event of the log line that the last step writes."""

HALF = Decimal("0.5")
"""The part of the budget at which somebody looks for the first time."""

_WITHOUT: Mapping[str, str] = {
    "classification": "no label; the message waits in the queue of people",
    "extraction": "no fields; the document waits in the queue of people",
    "summarisation": "the source as it is, marked as not summarised",
    "generation": "the template's own text, marked as not written",
    "chat": "a fixed text that says when to ask again",
    "code": "no change; the session ends and its branch stays",
    "agent": "no change; the session ends and its branch stays",
    "translation": "the source as it is, marked as not translated",
    "multimodal_understanding": "no reading; the file waits in the queue of people",
    "analysis": "the figures as they are, without a text",
}
"""Kind of task to what a caller gets when no model answers: a rule of the application, no model's words."""


def final_fallback(seen: Seen) -> str:
    """What a caller gets when no model answers, by the kind of task and by what else the design has."""
    slots, kind = decided(seen.inputs.decision), seen.facts.text("task.type")
    if slots.get("adaptation_first") == "encoder_classifier":
        return "the classifier's own label; below its threshold none, and the message waits in the queue of people"
    if kind == "rag_qa":
        found = slots.get("knowledge") == "rag"
        return "the passages found, with their sources, without an answer" if found else "the sources' list of contents"
    return _WITHOUT.get(kind or "", "a fixed text that says when to ask again")


def ladder(seen: Seen) -> list[Mapping[str, Any]]:
    """Steps from the top down: step, when, what is answered, who switches, the reason under which it is counted."""
    return list(_steps(seen, seen.policy)) if seen.policy is not None and seen.roles else []


def _steps(seen: Seen, policy: GatewayPolicy) -> Iterator[Mapping[str, Any]]:
    first = seen.roles[0].model
    tries = figure(f"{policy.retries} times", RETRIES_SOURCE)
    yield _step(
        "again",
        [f"{first} answers {'an' if policy.limit_retries == 0 else '429 or an'} error of its server"],
        [f"{first}, asked again ", tries],
        "gateway",
        "",
    )
    if policy.fallback is not None:
        second = seen.roles[1].model
        late = clause(", or nothing within ", policy.timeout_reason)
        yield _step(
            "other model",
            [f"{first} still fails", *late],
            _answered_by(seen),
            "gateway",
            "provider_error, timeout, rate_limit",
        )
        if policy.larger_context:
            yield _step("larger context", [f"the input is too long for {first}"], [second], "gateway", "context")
    yield from _by_budget(seen, policy)
    yield _step(
        "final fallback",
        [f"{_names(seen)} fail{'s' if len(seen.roles) == 1 else ''}"],
        [final_fallback(seen)],
        "application",
        "no_model",
    )


def _answered_by(seen: Seen) -> Sentence:
    """The fallback, with what it costs of the first."""
    one, other = seen.roles[0], seen.roles[1]
    ratio = price_ratio(seen)
    if ratio is None:
        return [other.model]
    if ratio == 1:
        return [f"{other.model}, at the price of {one.model}"]
    return [
        other.model,
        ", at ",
        times(ratio, f"cost of a request of {other.model} / of {one.model}"),
        f" the price of {one.model}",
    ]


def price_ratio(seen: Seen) -> Decimal | None:
    """What a request to the fallback costs of one to the first; None where one of them is not known."""
    if len(seen.roles) < 2:
        return None
    first, second = (role.cost.usd_per_request if role.cost else None for role in seen.roles[:2])
    return None if not first or second is None else second / first


def _by_budget(seen: Seen, policy: GatewayPolicy) -> Iterator[Mapping[str, Any]]:
    """The steps that money starts, as far as the gateway counts it; the trigger is a share of the month's budget."""
    budget, whole = seen.facts.number("budget.monthly_usd"), seen.facts.figure("budget.monthly_usd")
    if not budget or whole is None or not any(one.prices for one in policy.deployments):
        return
    first = seen.roles[0].model
    half = estimated(readable_usd(HALF * budget), f"{HALF} x budget.monthly_usd")
    planned = planned_days(seen, 15)
    sooner = planned is not None and planned > HALF * budget
    early = "earlier than planned" if sooner else "within half of the month"
    when: Sentence = [f"{100 * HALF:.0f} % of the month's budget, ", half, f", are spent {early}"]
    yield _step("warning", when, [f"{first}, as before"], "nobody; LLMBudgetHalf tells the budget owner", "")
    yield from _downgrade(seen, policy, budget)
    if policy.refuses_by_budget:
        spent: Sentence = ["100 % of the month's budget, ", whole, ", are spent"]
        yield _step("stop", spent, [final_fallback(seen)], "gateway, then application", "budget")


def _downgrade(seen: Seen, policy: GatewayPolicy, budget: Decimal) -> Iterator[Mapping[str, Any]]:
    """The gateway stops the first model at its own limit: a downgrade where the other one is no dearer."""
    capped = next((one for one in policy.deployments if one.group == "primary"), None)
    if capped is None or not capped.budget_usd or policy.fallback is None:
        return
    share = readable_count((100 * capped.budget_usd / budget).normalize())
    spent = estimated(readable_usd(capped.budget_usd), f"the limit of {capped.model} in gateway/config.yaml")
    when: Sentence = [f"{share} % of the month's budget, ", spent, f", are spent by {seen.roles[0].model}"]
    ratio = price_ratio(seen)
    dearer = ratio is not None and ratio > 1
    more = [": shorten answers by instruction first, for the rest goes faster"] if dearer else []
    yield _step("dearer model" if dearer else "downgrade", when, [*_answered_by(seen), *more], "gateway", "budget")


def _names(seen: Seen) -> str:
    return " and ".join(role.model for role in seen.roles)


def _step(step: str, when: Sentence, answer: Sentence, by: str, reason: str) -> Mapping[str, Any]:
    return {"step": step, "when": list(when), "answer": list(answer), "by": by, "reason": reason}


def reasons(seen: Seen) -> list[str]:
    """The reasons under which steps down are counted here, each once, in the order of the ladder."""
    named = [reason for row in ladder(seen) for reason in str(row["reason"]).split(", ") if reason]
    return list(dict.fromkeys(named))


def counted(seen: Seen) -> Sentence:
    """How a step down is counted and logged; empty while nothing runs."""
    found = reasons(seen)
    if not found:
        return []
    kept = f"Each answer of a lower step counts in {METRIC} by step and reason ({', '.join(found)})"
    return [f"{kept}; the last one logs the event {EVENT} as an error."]
