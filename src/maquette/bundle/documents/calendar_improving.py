"""The work that makes a running system better: profiling, frameworks, cost, monitoring and what others have learnt."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Sentence, clause, estimated
from maquette.bundle.runbooks.operating import operation_facts
from maquette.bundle.runbooks.writing import alert_rows
from maquette.bundle.slots import decided
from maquette.cost.levers import Lever
from maquette.foundation.expression import parse
from maquette.foundation.units import readable_usd
from maquette.rules.report import Status

MOST_NAMED = 4


def improving(seen: Seen) -> Iterator[dict[str, Any]]:
    """Tasks with their period and the fact that asks for each."""
    yield from _profiling(seen)
    yield from _trying(seen)
    yield from _saving(seen)
    yield from _watching(seen)
    yield from _learning(seen)


def _task(every: str, task: str, command: str | None, because: Sentence) -> dict[str, Any]:
    return {"every": every, "task": task, "command": command, "because": list(because)}


def _profiling(seen: Seen) -> Iterator[dict[str, Any]]:
    """By the month where a time is required; first token, whole answer and the gateway's own part."""
    limit, first = seen.facts.figure("latency.p95_ms"), seen.facts.figure("latency.ttft_ms")
    if limit is None:
        return
    parts = ["whole answers", *(["first tokens"] if first else []), "the gateway's own part"]
    because: Sentence = [
        "P95 ",
        limit,
        *clause(", first token ", first),
        *clause(", peak ", seen.facts.figure("derived.rps_peak")),
    ]
    yield _task("monthly", f"profile the latency of {_names(seen)}: {', '.join(parts)}", None, because)


def _trying(seen: Seen) -> Iterator[dict[str, Any]]:
    """What carries the requests today, tried against its newer releases and one rival of its kind."""
    slots = decided(seen.inputs.decision)
    parts = ["LiteLLM"]
    engine = slots.get("engine")
    if isinstance(engine, str):
        parts.append(engine)
    if slots.get("agent_pattern") is not None or seen.facts.text("agency.tools") not in (None, "none"):
        parts.append("the agent's own loop")
    if slots.get("retrieval") is not None:
        parts.append(f"the retrieval ({str(slots['retrieval']).replace('_', ' ')})")
    on = f" on {seen.inputs.run.dataset}" if seen.inputs.run else ""
    cadence = clause("changes are allowed ", seen.facts.figure("lifecycle.change_cadence"))
    task = f"test a newer release and one rival of {_joined(parts)}{on}, beside the running one"
    yield _task("quarterly", task, "maquette eval run" if on else None, cadence)


def _saving(seen: Seen) -> Iterator[dict[str, Any]]:
    """The levers that are not in use, by what each would save of the first month."""
    costs = seen.inputs.costs
    table = costs.levers if costs is not None else None
    if table is None:
        yield from _saving_by_option(seen)
        return
    left = [one for one in table.levers if one.state == "possible" and one.saving_usd is not None]
    named: list[Any] = []
    for one in sorted(left, key=_saved, reverse=True)[:MOST_NAMED]:
        saved = estimated(readable_usd(one.saving_usd or Decimal(0)), f"cost of {table.option}: lever {one.kind.value}")
        named += [", " if named else "", f"{one.kind.value.replace('-', ' ')} ", saved]
    if named:
        task = f"try the next lever on the cost of {table.option}"
        yield _task("quarterly", task, "maquette cost levers", ["not in use: ", *named])
        return
    lacking = [f"{one.kind.value.replace('-', ' ')} ({one.missing[0]})" for one in table.levers if one.missing]
    if lacking:
        task = f"learn what the other levers would save of the cost of {table.option}"
        because = f"to be known first: {', '.join(lacking[:MOST_NAMED])}"
        yield _task("quarterly", task, "maquette cost levers", [because])


def _saved(lever: Lever) -> Any:
    return lever.saving_usd or 0


def _saving_by_option(seen: Seen) -> Iterator[dict[str, Any]]:
    """Without levers: a smaller model on the same examples, where there is a bill."""
    budget, cost = seen.facts.figure("budget.monthly_usd"), seen.roles[0].cost
    if budget is None:
        return
    month = cost.first_month_usd if cost else None
    found: Sentence = []
    if month is not None and cost is not None:
        found = [estimated(readable_usd(month.base), f"cost of {cost.option}, first month"), " of "]
    yield _task(
        "quarterly",
        f"look for a cheaper way to what {seen.roles[0].model} does",
        "maquette cost levers",
        [*found, budget],
    )


def _watching(seen: Seen) -> Iterator[dict[str, Any]]:
    """Metrics that are counted and that no alert reads, which is where the next failure hides."""
    facts, alerts = operation_facts(seen), alert_rows(seen)
    known = [
        one["name"]
        for one in seen.constants.get("runbooks", {}).get("metrics", ())
        if parse(one["when"]).holds(facts) is True
    ]
    unread = [name for name in known if not any(name in alert["expr"] for alert in alerts)]
    if not unread:
        return
    count = estimated(
        f"{len(unread)} of {len(known)} metrics", "metrics of docs/13-observability.md that no alert reads"
    )
    shown = ", ".join(unread[:MOST_NAMED])
    more = " and others" if len(unread) > MOST_NAMED else ""
    yield _task(
        "quarterly",
        "add an alert or a panel for what no alert reads, or stop counting it",
        None,
        [count, f": {shown}{more}"],
    )


def _learning(seen: Seen) -> Iterator[dict[str, Any]]:
    """The published practice behind the rules that fired here, and the regimes', to be read again."""
    decision = seen.inputs.decision
    named: Mapping[str, str] = seen.constants.get("practice_sources", {})
    fired = [one.rule for one in decision.rules.with_status(Status.FIRED)] if decision else []
    used = {source for rule in fired for source in rule.sources}
    found = [words for key, words in named.items() if key in used]
    regimes = seen.facts.values.get("compliance.regimes")
    book = seen.inputs.assurance.regimes
    found += (
        [book[one].source.partition(":")[0] for one in regimes if one in book] if isinstance(regimes, tuple) else []
    )
    if found:
        rules = estimated(f"{len(fired)} rules", "rules that fired for this project")
        task = "read again what this design follows, and compare it with the rules that fired"
        yield _task("quarterly", task, "maquette rules list", [rules, " rest on: ", "; ".join(dict.fromkeys(found))])


def _names(seen: Seen) -> str:
    return " and ".join(role.model for role in seen.roles)


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
