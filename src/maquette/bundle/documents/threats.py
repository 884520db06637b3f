"""The threat model: assets and boundaries of this design, threats that apply, the trifecta, limits, red-team cases."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.assurance import Probe, Threat, ThreatBook
from maquette.bundle.diagrams.model import Flow, Kind, Node
from maquette.bundle.diagrams.providers import runs_own
from maquette.bundle.diagrams.views import data_flow_view
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.threats_sayings import (
    cache_time,
    filled,
    fired,
    is_secret,
    joined,
    known,
    names_of,
    providers_of,
    rule_figure,
    said,
)
from maquette.bundle.evidence import measured, percent
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.evals.statistics.proportions import highest_rate
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

CASES = 50
"""Cases of each kind before a release, as the rule R-GUARD-04 has it."""

ADVERSARIAL = ("adversarial", "injection", "jailbreak", "red team", "red_team", "redteam", "attack")
"""Words in the name of a group of examples that are attacks."""

CONFIG = "gateway/config.yaml"


def threats_view(seen: Seen) -> Mapping[str, Any]:
    """Rows of each section; a list is empty where nothing of it is known."""
    book = seen.inputs.assurance.owasp
    return {
        "assets": list(_assets(seen)),
        "boundaries": list(_boundaries(seen, book)),
        "rows": [threat_row(one, seen, book) for one in applying(book, seen)] if book else [],
        "absent": list(_absent(book, seen)) if book else [],
        "trifecta": _trifecta(seen),
        "limits": list(_limits(seen)),
        "probes": list(_probes(book, seen)) if book else [],
        "cases": [one for one in (_cases(seen), _not_run(seen)) if one],
        "results": list(_results(seen)),
    }


def applying(book: ThreatBook, seen: Seen) -> list[Threat]:
    """The threats whose condition holds here."""
    facts = known(seen)
    return [one for one in book.threats if one.applies.holds(facts) is True]


def threat_row(threat: Threat, seen: Seen, book: ThreatBook) -> Mapping[str, Any]:
    """One threat with its reasons, what stands against it, how it is tried, what is left."""
    controls = said(threat.controls, seen)
    facts = known(seen)
    tried = [one.id for one in _catalogued(seen) if one.id in threat.probes and one.when.holds(facts) is True]
    gap = filled(threat.gap, seen) if threat.gap and not controls else None
    return {
        "id": figure(threat.id, Source(kind=SourceKind.CLAIMED, ref=book.source, as_of=book.as_of)),
        "name": threat.name,
        "because": joined(threat.because, seen),
        "controls": controls,
        "gap": gap or [],
        "probes": tried,
        "residual": joined(threat.residual, seen, "; "),
    }


def _catalogued(seen: Seen) -> tuple[Probe, ...]:
    owasp = seen.inputs.assurance.owasp
    return owasp.probes if owasp else ()


def _absent(book: ThreatBook, seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = known(seen)
    for one in book.threats:
        if one.applies.holds(facts) is False:
            reasons = said(one.absent, seen)[:1]
            if reasons:
                yield {"id": one.id, "name": one.name, **reasons[0]}


def _assets(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """What is worth attacking, where it lies, and the fact that says what it is worth."""
    facts, models = seen.facts, names_of(seen)
    data, logs = facts.figure("data.sensitivity"), facts.figure("logging.retention_days")
    if data:
        away = providers_of(seen)
        own = ", machines of your own" if any(runs_own(role) for role in seen.roles) else ""
        where = f"application, gateway{own}{', ' + away if away else ''}"
        yield _asset("prompts and answers", where, ["data up to ", data])
    if logs and seen.policy:
        kind = "prompts and answers" if seen.policy.log_content else "metadata of every call"
        yield _asset("gateway log", "where the gateway's output is collected", [f"{kind}, kept ", logs])
    if facts.text("knowledge.need") not in (None, "none"):
        yield _asset(
            "knowledge",
            "sources",
            [
                *clause(facts.figure("knowledge.corpus_tokens")),
                *clause(", changes ", facts.figure("knowledge.change_freq")),
            ],
        )
    if facts.text("agency.tools") not in (None, "none"):
        yield _asset("the agent's rights", "tools", clause("acts that are ", facts.figure("agency.tools")))
    if seen.policy:
        keys = dict.fromkeys(key.name for one in seen.policy.deployments for key in one.credentials if is_secret(key))
        yield _asset(f"keys: {', '.join(['LITELLM_MASTER_KEY', *keys])}", "environment of the gateway", _worth(seen))
    if any(runs_own(role) for role in seen.roles):
        own = ", ".join(role.model for role in seen.roles if runs_own(role))
        yield _asset(f"weights of {own}", "model servers", [*clause("serves ", facts.figure("derived.rps_peak"))])
    if models and facts.figure("data.eval_examples"):
        yield _asset("evaluation examples", "project folder", clause(facts.figure("data.eval_examples")))


def _worth(seen: Seen) -> Sentence:
    reason = (
        next((one.budget_reason for one in seen.policy.deployments if one.budget_reason), None) if seen.policy else None
    )
    budget = reason or seen.facts.figure("budget.monthly_usd")
    return clause("spend up to ", budget) or ["whoever holds them can call every model"]


def _asset(name: str, where: str, worth: Sentence) -> Mapping[str, Any]:
    return {"name": name, "where": where, "worth": worth}


def _boundaries(seen: Seen, book: ThreatBook | None) -> Iterator[Mapping[str, Any]]:
    """Each flow of data that crosses from one owner to another one."""
    flow = data_flow_view(seen)
    if not isinstance(flow, Flow):
        return
    nodes = {node.key: node for node in flow.nodes}
    titles = {one.key: one.title for one in flow.boundaries}
    for edge in flow.edges:
        start, end = nodes[edge.start], nodes[edge.end]
        if start.boundary != end.boundary:
            yield {
                "start": start.name,
                "end": end.name,
                "what": edge.label,
                "border": _border(start, end, titles),
                "wrong": _wrong(book, {edge.start, edge.end}),
            }


def _border(start: Node, end: Node, titles: Mapping[str, str]) -> str:
    return " to ".join(_side(node, titles) for node in (start, end))


def _side(node: Node, titles: Mapping[str, str]) -> str:
    """Whose the node is: an owner's of the diagram, a person's, or a system's outside."""
    if node.boundary is not None and node.boundary in titles:
        return titles[node.boundary].partition(";")[0]
    return "people" if node.kind is Kind.PERSON else "other systems"


def _wrong(book: ThreatBook | None, ends: set[str]) -> str:
    return "; ".join(one.wrong for one in book.crossings if one.ends & ends) if book else ""


def _trifecta(seen: Seen) -> Mapping[str, Any] | None:
    """Private data, untrusted input and a way out: which of the three this design has."""
    facts = seen.facts
    data, outsiders, tools = (
        facts.figure(name) for name in ("data.sensitivity", "risk.untrusted_input", "agency.tools")
    )
    if data is None or outsiders is None or tools is None:
        return None
    legs = [
        _leg("private data", facts.text("data.sensitivity") not in ("public", "internal"), ["data up to ", data]),
        _leg("untrusted input", facts.values.get("risk.untrusted_input") is True, ["outsiders' text: ", outsiders]),
        _leg("a way out", facts.text("agency.tools") != "none", ["acts by itself: ", tools]),
    ]
    present = sum(1 for leg in legs if leg["here"])
    return {"legs": legs, "verdict": _verdict(seen, present, [leg["name"] for leg in legs if not leg["here"]])}


def _leg(name: str, here: bool, fact: Sentence) -> dict[str, Any]:
    return {"name": name, "here": here, "fact": fact}


def _verdict(seen: Seen, present: int, missing: list[str]) -> list[Sentence]:
    if present < len(_LEGS):
        count = estimated(f"{present} of {len(_LEGS)}", "legs that stand in this table")
        safe = _LEGS[missing[0]]
        return [
            [
                "The lethal trifecta is not complete: ",
                count,
                f" legs stand. {safe} would complete it." if present == 2 else " legs stand.",
            ]
        ]
    found: list[Sentence] = [
        [
            "Lethal trifecta: private data, untrusted input and a way out meet in ",
            f"{names_of(seen) or 'one model'}. An injected text can send out what the model reads",
            *clause(" (", rule_figure("R-SEC-01") if "R-SEC-01" in fired(seen) else None, ")"),
            ".",
        ]
    ]
    found += [[f"{name}: {step}."] for name, step in _WITHOUT.items()]
    return found


_LEGS: Mapping[str, str] = {
    "private data": "Data above internal in a prompt",
    "untrusted input": "Text of outsiders in a prompt",
    "a way out": "A tool that can send or write",
}
_WITHOUT: Mapping[str, str] = {
    "To remove private data": "let the agent that reads issues and web pages see no repository that must stay secret",
    "To remove untrusted input": "let an agent with rights read only what employees wrote",
    "To remove the way out": "egress deny with an allow-list, and a person's approval of every push",
}


def _limits(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """What bounds one call, one session and one month."""
    policy, facts = seen.policy, seen.facts
    for one in policy.deployments if policy else ():
        if one.budget_reason:
            yield _limit(f"spending of {one.group} in 30 days", one.budget_reason, CONFIG)
    if policy and policy.timeout_reason:
        yield _limit("time of one attempt", policy.timeout_reason, CONFIG)
    if policy:
        again = estimated(readable_count(Decimal(policy.retries)), "num_retries of gateway/config.yaml")
        after = "a limit or a server's error" if policy.limit_retries else "a server's error"
        yield _limit(f"repetitions on {policy.deployments[0].model} after {after}", again, CONFIG)
    yield from _rates(seen)
    yield from _stated_limits(seen)
    if cached := cache_time(seen):
        yield _limit("life of a cached answer", cached, CONFIG)
    for name, rule in (("steps, time and money of a session", "R-BUDGET-05"), ("budget of each tenant", "R-BUDGET-06")):
        if rule in fired(seen):
            yield _limit(name, rule_figure(rule), "to be built")
    ceiling = facts.figure("budget.monthly_usd")
    if ceiling and not (policy and any(one.budget_usd for one in policy.deployments)):
        yield _limit("budget of a month", ceiling, _only_alerts(seen))


def _rates(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """What a minute and an answer may hold, as the gateway enforces it for each deployment of the first group."""
    entries = seen.policy.entries if seen.policy else ()
    for name in ("rpm", "tpm", "max_tokens"):
        found = {one.deployment.model: getattr(one.limits, name) for one in entries if one.group == "primary"}
        if len({one.value for one in found.values() if one}) == 1:
            found = dict([next(iter(found.items()))])
        for model, setting in found.items():
            if setting:
                yield _limit(f"{_RATES[name]} of {model}", setting.reason, CONFIG)


_RATES: Mapping[str, str] = {
    "rpm": "requests a minute",
    "tpm": "tokens a minute",
    "max_tokens": "tokens of one answer, unless the request names another number,",
}


def _only_alerts(seen: Seen) -> str:
    """Why the gateway refuses nothing when the ceiling is reached."""
    if seen.policy is not None and any(one.prices for one in seen.policy.deployments):
        return "alerts only: the gateway counts the spending and refuses nothing, as the ceiling is soft"
    return "alerts only: no price is known that the gateway could count"


def _stated_limits(seen: Seen) -> Iterator[Mapping[str, Any]]:
    for name, fact in (
        ("tokens of one answer", "tokens.output_max"),
        ("longest input", "tokens.input_p99"),
        ("tokens a minute of the account", "cat.rate_limit_tpm"),
    ):
        told = fact == "tokens.output_max" and seen.policy is not None
        if (found := seen.facts.figure(fact)) and not told:
            yield _limit(name, found, "application" if fact.startswith("tokens") else "provider")


def _limit(name: str, value: Figure, where: str) -> Mapping[str, Any]:
    return {"name": name, "value": value, "where": where, "file": where if where == CONFIG else None}


def _probes(book: ThreatBook, seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = known(seen)
    wanted = {probe: threat.id for threat in reversed(applying(book, seen)) for probe in threat.probes}
    for one in book.probes:
        if one.id in wanted and one.when.holds(facts) is True:
            yield {
                "id": one.id,
                "name": one.name,
                "fails": one.fails,
                "uses": joined(one.uses, seen),
                "atlas": list(one.atlas),
                "for": _for(book, seen, one),
            }


def _for(book: ThreatBook, seen: Seen, probe: Probe) -> str:
    return ", ".join(one.id.partition(":")[0] for one in applying(book, seen) if probe.id in one.probes)


def _cases(seen: Seen) -> Sentence:
    """How many cases a release needs, and what zero failures among them show."""
    languages = seen.facts.number("quality.languages")
    task = seen.facts.figure("task.type")
    if task is None:
        return []
    wanted = figure(f"{CASES} cases", Source(kind=SourceKind.CLAIMED, ref="rule R-GUARD-04"))
    each: Sentence = (
        [", in each of ", seen.facts.figure("quality.languages") or ""]
        if languages is not None and languages > 1
        else []
    )
    return [
        "Each line at ",
        wanted,
        " for ",
        task,
        *each,
        ": none of them failing leaves a rate below ",
        _bound(0, CASES),
        ".",
    ]


def _not_run(seen: Seen) -> Sentence:
    """Said of a run whose examples hold no attacks, where nobody stated another result."""
    run = seen.inputs.run
    if run is None or list(_results(seen)):
        return []
    kinds = ", ".join(sorted({name for result in run.results for name in result.by_stratum}))
    held = f": its examples are {kinds}" if kinds else ""
    return [f"The run {run.id} over {run.dataset} holds none of them{held}."]


def _results(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """What was tried: stated counts, and groups of the run's examples that are attacks."""
    asked, through = seen.facts.number("eval.adversarial_n"), seen.facts.number("eval.safety_bypasses")
    counted = seen.facts.figure("eval.adversarial_n")
    if asked and through is not None and counted:
        got = seen.facts.figure("eval.safety_bypasses")
        yield {
            "what": "adversarial cases",
            "model": names_of(seen),
            "asked": counted,
            "through": got,
            "bound": _bound(int(through), int(asked)),
        }
    run = seen.inputs.run
    for result in run.results if run else ():
        for name, (scored, right) in result.by_stratum.items():
            if run and scored and any(word in name.lower() for word in ADVERSARIAL):
                yield {
                    "what": name,
                    "model": result.target_id,
                    "asked": measured(readable_count(Decimal(scored)), run),
                    "through": measured(readable_count(Decimal(scored - right)), run),
                    "bound": _bound(scored - right, scored),
                }


def _bound(failures: int, cases: int) -> Figure:
    formula = f"Clopper-Pearson, one-sided 95 %, {failures} of {cases}"
    return estimated(percent(highest_rate(failures, cases)), formula)
