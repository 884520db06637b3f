"""How the system goes live: phases from what is decided, canary steps that traffic can fill, rollback, A/B tests."""

from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, Decimal
from math import ceil
from typing import Any

from maquette.bundle.documents.checklist import checklist, checklist_totals, matters
from maquette.bundle.documents.contrasts import fails_without_cache
from maquette.bundle.documents.people import hand_offs, stakeholders
from maquette.bundle.documents.rollout_work import exit_criteria, implementation, phase_tasks
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.slo_alerts import by_count
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.runbooks.operating import on_own_machines, server_compose
from maquette.bundle.runbooks.scene import CONFIG, RESTART, before_last
from maquette.bundle.slots import SlotView, slot_views
from maquette.evals.statistics.planning import unpaired_examples
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count
from maquette.rules.explaining import readable_fact

FEWEST = 1000
"""Requests of a canary step: rule R-ROLL-01."""

STEPS = (Decimal("0.01"), Decimal("0.1"), Decimal("0.5"))
LONGEST_DAYS = 14
"""A step that would take longer is left out: its result would come after the next change."""

_DAY = figure("1 day", Source(kind=SourceKind.ASSUMED, ref="a whole day's mix of requests"))
_WEEK = figure("7 days", Source(kind=SourceKind.ASSUMED, ref="one of each weekday before the old version goes"))
SOAK_DAYS = 7
_SOAKED = figure(
    f"{SOAK_DAYS} days",
    Source(kind=SourceKind.ASSUMED, ref="one of each weekday: too few requests for a canary (R-ROLL-01 overturned)"),
)

LONGEST_TEST_DAYS = 60
MOST_FACTS = 3
DIFFERENCE = 0.02
_SHARES = ("accuracy", "exact_match", "schema_valid", "faithfulness", "pass_at_1", "task_success")
"""Metrics that are a share of answers, each right or wrong; the others score an answer or a label."""

PHASES: Mapping[str, tuple[str, ...]] = {
    "PoC": (
        "model_status",
        "adaptation_first",
        "tier",
        "knowledge",
        "scorer",
        "judge",
        "pattern",
        "filter",
        "hosting",
        "approval",
        "sandbox",
        "session_caps",
        "agent_pattern",
    ),
    "core": (
        "providers_min",
        "structured",
        "streaming",
        "budget_limits",
        "prefix_cache",
        "redaction",
        "logging",
        "engine",
        "quant",
        "max_model_len",
        "citation_check",
        "acl",
        "retrieval",
        "reasoning",
    ),
    "advanced": (
        "cache",
        "cache_scope",
        "router",
        "batch_lane",
        "queue",
        "memory",
        "subagents",
        "speculative",
    ),
    "hardening": ("guardrails", "alerts", "monitoring", "regions", "rollout", "migration_plan", "pack", "attribution"),
}
"""In which phase a decided slot is built: first what the decision rests on, and what holds an agent back before it
touches anything; last what protects the whole."""


def rollout_view(seen: Seen) -> Mapping[str, Any]:
    """Rows of each section; canary steps or, for little traffic, a soak by time."""
    items = checklist(seen)
    return {
        "phases": list(_phases(seen)),
        "exit": exit_criteria(seen),
        "parts": implementation(seen),
        "checklist": items,
        "totals": checklist_totals(items),
        "hand_offs": hand_offs(seen),
        "stakeholders": stakeholders(seen),
        "steps": list(_steps(seen)) if seen.roles else [],
        "needed": _needed_row(seen),
        "gates": list(_gates(seen)) if seen.roles else [],
        "rollback": list(_rollback(seen)) if seen.policy else [],
        "test": list(_test(seen)) if seen.roles else [],
    }


def needed_requests() -> int:
    """Requests that show a doubled error rate of one in a hundred, and never fewer than the rule asks for."""
    return max(FEWEST, unpaired_examples(0.01, 0.02))


def _needed_row(seen: Seen) -> Sentence:
    if not seen.roles:
        return []
    count = estimated(
        f"{readable_count(needed_requests())} requests",
        "max(1,000 of rule R-ROLL-01, examples that tell 1 % of errors from 2 %, power 80 %)",
    )
    return [f"Each step waits until {seen.roles[0].model} has answered ", count, "."]


def _phases(seen: Seen) -> Iterator[Mapping[str, Any]]:
    views = {view.name: view for view in slot_views(seen.inputs.decision) if view.state == "decided"}
    phase_of = {slot: phase for phase, slots in PHASES.items() for slot in slots}
    if fails_without_cache(seen):
        phase_of["prefix_cache"] = "PoC"
    more = list(phase_tasks(seen, _test_days(seen))) if views else []
    for phase in PHASES:
        for name, view in sorted(views.items()):
            if matters(view, seen) and phase_of.get(name, "core") == phase:
                yield {"phase": phase, **_task(view, seen)}
        yield from (row for row in more if row["phase"] == phase)


def _task(view: SlotView, seen: Seen) -> Mapping[str, Any]:
    read = sorted({name for rule in view.rules for name in rule.when.names})
    behind = [f"{name} {seen.facts.readable(name)}" for name in read if seen.facts.readable(name)]
    value = view.value if isinstance(view.value, tuple) else (view.value,)
    because = view.rules[0].recommend if view.rules else ""
    if view.name == "alerts" and by_count(seen) and view.rules:
        value, because = ("counted failures",), view.rules[0].overturn
    return {
        "task": f"{view.name}: {', '.join(readable_fact(one) for one in value)}",
        "because": because,
        "facts": behind[:MOST_FACTS],
        "rules": [rule.id for rule in view.rules],
    }


def _daily(seen: Seen) -> Decimal | None:
    return seen.facts.number("scale.requests_per_day")


def days_of(share: Decimal, daily: Decimal) -> Decimal:
    """Days until a share of the traffic has brought the requests of a step, to a tenth upwards."""
    days = Decimal(needed_requests()) / (share * daily)
    return days.quantize(Decimal("0.1"), rounding=ROUND_CEILING)


def _steps(seen: Seen) -> Iterator[Mapping[str, Any]]:
    daily, model = _daily(seen), seen.roles[0].model
    if not daily:
        return
    yield _step(
        "shadow", [f"answers of {model} are scored, none is shown"], _DAY, "dataset's gates hold on real inputs"
    )
    possible = [share for share in STEPS if days_of(share, daily) <= LONGEST_DAYS]
    for share in possible:
        yield _canary(share, daily)
    if not possible:
        yield _soak(daily)
    every = clause(seen.facts.figure("scale.requests_per_day"))
    yield _step("100 %", every, _WEEK, "then the old version is removed")


def _canary(share: Decimal, daily: Decimal) -> Mapping[str, Any]:
    """A step of that share, for as long as it takes to see the requests that it needs."""
    least = max(days_of(share, daily), Decimal(1))
    formula = f"max(1 day, {needed_requests():,} requests / ({share} x scale.requests_per_day))"
    lasts = estimated(f"{readable_count(least)} {'day' if least == 1 else 'days'}", formula)
    count = f"{readable_count((share * daily).quantize(Decimal(1)))} requests a day"
    return _step(
        _percent(share),
        [estimated(count, f"{share} x scale.requests_per_day")],
        lasts,
        "all gates below",
        weights(share),
    )


def weights(share: Decimal) -> str:
    """What the two deployments of the group weigh, the old one first: 99 : 1 for a hundredth."""
    new = share.as_integer_ratio()
    return f"{new[1] - new[0]} : {new[0]}"


def _soak(daily: Decimal) -> Mapping[str, Any]:
    """By time, where the traffic is too little for a step by count."""
    would = estimated(
        f"{days_of(Decimal('0.5'), daily)} days", f"{needed_requests():,} requests / (0.5 x scale.requests_per_day)"
    )
    what: Sentence = ["by time, not by count: half of the traffic would take ", would]
    return _step("soak: half of the users", what, _SOAKED, "no page, no ticket of quality")


def _step(share: str, what: Sentence, lasts: Figure, goes_on: str, weigh: str = "") -> Mapping[str, Any]:
    return {"share": share, "what": list(what), "lasts": [lasts], "goes_on": goes_on, "weights": weigh}


def _percent(share: Decimal) -> str:
    return f"{readable_count((share * 100).normalize())} %"


def _failures(seen: Seen) -> Sentence:
    """The share that may fail; from which count on, where a step has so few requests that one failure is above it."""
    target, daily = seen.facts.number("availability.target"), _daily(seen)
    told = clause("failed requests above the budget of ", seen.facts.figure("availability.target"))
    if target is None or not daily:
        return told
    canary = any(days_of(share, daily) <= LONGEST_DAYS for share in STEPS)
    requests = Decimal(needed_requests()) if canary else daily * SOAK_DAYS / 2
    if requests * (1 - target) >= 1:
        return told
    formula = f"{readable_count(requests)} requests of a step x (1 - availability.target) < 1"
    return [*told, "; one failure of a step is above it already, so ", estimated("2 failures", formula), " count"]


def _gates(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    for gate, condition, act in (
        ("errors", _failures(seen), "back at once"),
        ("latency", clause("P95 above ", facts.figure("latency.p95_ms")), "back at once"),
        ("first token", clause("TTFT above ", facts.figure("latency.ttft_ms")), "back at once"),
        (
            "quality",
            clause("sampled ", facts.figure("quality.metric"), " below ", facts.figure("quality.threshold")),
            "back, then replay",
        ),
        (
            "cost",
            clause("a request costs more than ", facts.figure("derived.cost_per_request_limit")),
            "hold, then lower the output cap",
        ),
        (
            "review",
            clause("reviewers overturn more than before; they see: ", facts.figure("risk.human_review")),
            "hold",
        ),
    ):
        if condition and not (gate == "review" and facts.text("risk.human_review") == "none"):
            yield {"gate": gate, "condition": condition, "act": act}


def _rollback(seen: Seen) -> Iterator[Mapping[str, Any]]:
    gateway = "start period of the gateway's health check in compose.yaml"
    how = f"`{before_last(CONFIG)} && {RESTART}`"
    yield _back("gateway: models, limits, fallback", how, figure("60 s", _assumed(gateway)))
    path, run = seen.inputs.prompt, seen.inputs.run
    what = path or (run.prompt if run else None)
    yield _back(
        f"prompt ({what})" if what else "prompt",
        f"in the project's folder `{before_last(path)}`" if path else "release the prompt of before again",
        "the application's own release",
    )
    yield from _models_back(seen)
    if seen.policy is not None and seen.policy.cache_s is not None:
        latest = figure(f"{seen.policy.cache_s} s at the latest", _assumed("the cache's time to live"))
        yield _back("answers in Redis", "`docker compose exec redis redis-cli FLUSHDB`", latest)
    slots = {view.name: view.value for view in slot_views(seen.inputs.decision) if view.state == "decided"}
    if slots.get("adaptation_first") == "encoder_classifier":
        again = "release the classifier and the threshold of before again"
        yield _back("classifier and its threshold", again, "the application's own release")
    if slots.get("retrieval") == "hybrid_rerank":
        kept = "at once; the old index is kept until the next one is proven"
        yield _back("search index", "point the alias at the index of before", kept)


def _models_back(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """Weights on machines of one's own, and model files that compose.yaml serves."""
    local, server = [role for role in seen.roles if role.local], server_compose(seen)
    if any(on_own_machines(role) for role in seen.roles) and not local:
        loaded = "start period of the model server's health check in serving/"
        yield _back(
            f"weights of {seen.roles[0].model}",
            f"name the folder of before in .env (PRIMARY_WEIGHTS), then `{server} up --detach`"
            if server
            else "start the model servers with the weights of before; this bundle does not start them",
            figure("900 s", _assumed(loaded)) if server else "",
        )
    for role in local:
        again = f"put the file of before into MODEL_FOLDER, then `docker compose restart {role.role}-model`"
        started = figure("60 s", _assumed("start period of the model's health check in compose.yaml"))
        yield _back(f"model file of {role.model}", again, started)


def _assumed(ref: str) -> Source:
    return Source(kind=SourceKind.ASSUMED, ref=ref)


def _back(what: str, how: str, time: str | Figure) -> Mapping[str, Any]:
    return {"what": what, "how": [how], "time": [time] if time else []}


def _test(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts, daily = seen.facts, _daily(seen)
    metric, threshold = facts.figure("quality.metric"), facts.number("quality.threshold")
    if metric is None or threshold is None or not daily or not 0 < threshold < 1:
        return
    low = float(threshold)
    high = min(low + DIFFERENCE, 0.999)
    each = unpaired_examples(low, high)
    days = _whole_days(seen, each, daily)
    formula = f"(z_a + z_b)^2 (p q + p' q') / (p - p')^2, p = quality.threshold, p' = p + {high - low:.3g}, power 80 %"
    yield _row("metric", [metric, " of answers that are scored, by version"])
    yield _row("answers of each version", [estimated(readable_count(each), formula)])
    yield _row("that number is", [_fits(facts.text("quality.metric"))])
    by_session = _split(seen) == "by user" and facts.number("context.turns_avg")
    drawn = "scale.requests_per_day / context.turns_avg" if by_session else "scale.requests_per_day"
    words = f"{days:,} day{'' if days == 1 else 's'}"
    length = estimated(words, f"2 x answers of each version / ({drawn}), rounded up to whole days")
    if days > LONGEST_TEST_DAYS:
        yield _row(
            "length", [length, ": longer than a version lives, so versions are compared on the examples, in pairs"]
        )
        return
    yield _row("length", [length, " if every answer is scored; longer by as much as fewer are"])
    yield _row("split", clause(f"{_split(seen)}, half and half, of ", facts.figure("scale.requests_per_day")))
    if seen.policy is not None:
        yield _row("gateway", _shared(seen))
    yield _row("stop for harm", clause("any gate above, at any time; P95 ", facts.figure("latency.p95_ms")))
    yield _row(
        "stop for success",
        [
            "at ",
            estimated(readable_count(each), formula),
            " answers of each version; looking earlier would find a difference too often",
        ],
    )


def _test_days(seen: Seen) -> Decimal | None:
    """Days until both versions have the answers that a comparison needs; None where that is longer than one lives."""
    threshold, daily = seen.facts.number("quality.threshold"), _daily(seen)
    if threshold is None or not daily or not 0 < threshold < 1:
        return None
    low = float(threshold)
    each = unpaired_examples(low, min(low + DIFFERENCE, 0.999))
    days = _whole_days(seen, each, daily)
    return Decimal(days) if days <= LONGEST_TEST_DAYS else None


def _whole_days(seen: Seen, each: int, daily: Decimal) -> int:
    """Days of an A/B test: a conversation is drawn once, so that its turns are one answer of the comparison."""
    turns = seen.facts.number("context.turns_avg") if _split(seen) == "by user" else None
    return ceil(2 * each * max(turns or Decimal(1), Decimal(1)) / daily)


def _split(seen: Seen) -> str:
    """A conversation stays with one version; single requests are drawn."""
    return "by user" if seen.facts.values.get("context.multi_turn") is True else "by request"


def _shared(seen: Seen) -> Sentence:
    """How the gateway holds both versions: it draws for each request, so that users need a group of their own."""
    model = seen.roles[0].model
    if _split(seen) == "by user":
        own = f"the version beside {model} is a group of its own (candidate)"
        return [f"{own}, which the application asks for half of its users"]
    entries = seen.policy.entries if seen.policy is not None else ()
    held = next((one.weight.value for one in entries if one.group == "primary" and one.weight is not None), Decimal(2))
    half = readable_count((held / 2).normalize())
    return [f"the version beside {model} is another deployment of the group primary; both say `weight: {half}`"]


def _fits(metric: str | None) -> str:
    """What the size, which is that of a share of right answers, is for the metric."""
    if metric in _SHARES:
        return f"exact for {metric}, as for every share of answers that are right or wrong"
    if metric == "macro_f1":
        return "the least: macro_f1 counts all labels alike, so the rarest label needs as many answers of its own"
    if metric == "wer":
        return "none for wer, which counts words and can pass 100 %: it needs the spread of a first run"
    return f"enough for {metric}: scores between 0 and 1 spread no more than right and wrong with the same mean"


def _row(what: str, says: Sentence) -> Mapping[str, Any]:
    return {"what": what, "says": list(says)}
