"""What has to be so before a release, each with a status that is computed from runs, rules and the bundle's own files.

A row is done where its evidence says so, blocks the release where a gate is missed or was never tried, and is open
where somebody has to look. Nothing here is typed in.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.classifier import classifier_ready
from maquette.bundle.documents.compliance import compliance_view
from maquette.bundle.documents.contrasts import contradictions
from maquette.bundle.documents.migration import prices_day
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.threats_sayings import rule_figure
from maquette.bundle.evidence import measured
from maquette.bundle.figures import Figure, Sentence, clause, estimated
from maquette.bundle.inputs import RoleModel
from maquette.bundle.runbooks.writing import alert_rows, runbook_files
from maquette.bundle.slots import SlotView, decided
from maquette.decision.decision import DecisionStatus
from maquette.evals.run import Verdict
from maquette.foundation.units import readable_usd
from maquette.rules.report import Status

DONE, OPEN, BLOCKS = "done", "open", "blocks the release"
HARD_CHANCE, SOFT_CHANCE = Decimal("0.1"), Decimal("0.5")
"""Which chance of a month above the budget still fits: nine months in ten hold a hard one, the middle a soft one."""

ORDER = (BLOCKS, OPEN, DONE)
"""The statuses, the worst first."""

BYPASS, RED_TEAM, FAULTS, LOAD, FILTERS = "R-GUARD-02", "R-GUARD-04", "R-FALL-09", "R-LAT-05", "R-GUARD-03"


def checklist(seen: Seen) -> list[Mapping[str, Any]]:
    """Rows: what, status, evidence and owner; what blocks comes first. Empty while no model is chosen."""
    if not seen.roles:
        return []
    rows = [*_architecture(seen), *_quality(seen), *_safety(seen), *_reliability(seen), *_money(seen), *_duties(seen)]
    return sorted(rows, key=lambda row: ORDER.index(row["status"]))


def checklist_totals(rows: list[Mapping[str, Any]]) -> Sentence:
    """How many rows have which status."""
    counts = {status: sum(row["status"] == status for row in rows) for status in ORDER}
    said = estimated(f"{counts[DONE]} of {len(rows)} items", "rows of the checklist whose evidence says done")
    late = estimated(f"{counts[BLOCKS]} items", "rows of the checklist that miss a gate or were never tried")
    return [said, " are done; ", late, " block the release."] if rows else []


def _row(what: str, status: str, evidence: Sentence, owner: str) -> Mapping[str, Any]:
    return {"what": what, "status": status, "evidence": list(evidence), "owner": owner}


def _architecture(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The review of the architecture: what contradicts, what is against release, what has no record, who signed."""
    decision = seen.inputs.decision
    if decision is None:
        return
    wrong = contradictions(seen)
    count = estimated(
        f"{len(wrong)} contradictions", "pairs of figures of docs/01-requirements.md that cannot both hold"
    )
    yield _row("figures agree with each other", BLOCKS if wrong else DONE, [count], "architect")
    against = decision.blocking
    stand = estimated(
        f"{len(against)} {'rule' if len(against) == 1 else 'rules'}",
        "fired must and avoid rules that name an observed fact",
    )
    named: Sentence = [stand, " against it", *([f": {', '.join(against)}"] if against else [])]
    yield _row("no rule stands against the design", BLOCKS if against else DONE, named, "architect")
    bare = [one for one in decision.deviations if not one.because]
    if decision.deviations:
        told = ", ".join(one.slot.replace("_", " ") for one in bare) or "each has one"
        yield _row(
            "deviations have a reason", OPEN if bare else DONE, [f"without one: {told}" if bare else told], "architect"
        )
    choice = decision.choice
    accepted = choice is not None and choice.status is DecisionStatus.ACCEPTED
    who = f"{choice.model}, {choice.status.value}" if choice else "nothing is chosen"
    signed = f", signed by {choice.signed_by}" if choice and choice.signed_by else ""
    yield _row("the decision is accepted", DONE if accepted else OPEN, [f"{who}{signed}"], "architect")


def _quality(seen: Seen) -> Iterator[Mapping[str, Any]]:
    for role in seen.roles:
        yield _row(f"{role.model} ({role.role}) passes the gate", *_verdict(role, seen), "evaluation")
    if lacking := classifier_ready(seen):
        yield _row("the classifier passes the gate", BLOCKS, lacking, "evaluation")
    first, limit = seen.roles[0].result, seen.facts.figure("latency.p95_ms")
    run, most = seen.inputs.run, seen.facts.number("latency.p95_ms")
    if first is not None and first.latency is not None and run is not None and limit is not None and most is not None:
        quick = Decimal(str(first.latency.p95_s)) * 1000 <= most
        found = measured(f"{first.latency.p95_s:.3g} s", run)
        yield _row("answers are quick enough", DONE if quick else BLOCKS, ["P95 ", found, " of ", limit], "operations")


def _verdict(role: RoleModel, seen: Seen) -> tuple[str, Sentence]:
    run, result = seen.inputs.run, role.result
    if run is None or result is None or result.interval is None:
        return BLOCKS, ["not evaluated"]
    wanted = seen.facts.figure("quality.threshold")
    low, high = result.interval.low * 100, result.interval.high * 100
    found: Sentence = [measured(f"{low:.1f} % to {high:.1f} %", run), *clause(" against ", wanted)]
    match result.verdict:
        case Verdict.PASSES:
            return DONE, found
        case Verdict.FAILS:
            return BLOCKS, found
    return OPEN, [*found, ": too few examples to tell" if result.verdict is Verdict.NOT_ENOUGH_DATA else ""]


def _safety(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """What is tried against harm: guardrails that nobody tried block as much as those that failed."""
    machine = seen.facts.text("users.audience") == "machine"
    exposed = seen.facts.figure("users.audience") or "whoever reads the answers"
    if not machine:
        status, evidence = _tried_at_input(seen, RED_TEAM)
        why: Sentence = [*evidence, *clause("; audience ", exposed)]
        yield _row("guardrails are tested against injection and misuse", status, why, "security")
        yield _row("no safety bypass is left", *_tried_at_input(seen, BYPASS), "security")
    slots = decided(seen.inputs.decision)
    if slots.get("guardrails") is not None:
        status, evidence = _tried(seen, FILTERS)
        yield _row("content filters stand before and behind the model", status, evidence, "security")
    if slots.get("redaction") is True:
        data = clause("recall on own examples of ", seen.facts.said("data.sensitivity"), " is to be shown by hand")
        yield _row("personal data is found before the provider call", OPEN, data, "privacy")


def _tried_at_input(seen: Seen, rule: str) -> tuple[str, Sentence]:
    """`_tried`; a trial that nobody made holds nothing up where nobody outside writes what the model reads."""
    status, evidence = _tried(seen, rule)
    finding = seen.inputs.decision.rules.finding(rule) if seen.inputs.decision else None
    never = finding is not None and finding.status is Status.UNKNOWN
    return (OPEN if never and status == BLOCKS and not _injectable(seen) else status), evidence


def _injectable(seen: Seen) -> bool:
    """Whether somebody outside can write what the model reads, or the model acts."""
    acts = seen.facts.text("agency.tools") not in (None, "none")
    inside = seen.facts.text("users.audience") == "internal"
    return acts or not inside or seen.facts.values.get("risk.untrusted_input") is True


def _tried(seen: Seen, rule: str) -> tuple[str, Sentence]:
    """What became of the rule that watches a test: silent is passed, fired is failed, unknown was never tried."""
    finding = seen.inputs.decision.rules.finding(rule) if seen.inputs.decision else None
    if finding is None:
        return OPEN, ["no rule watches it"]
    shown = rule_figure(rule)
    if finding.overruled is not None:
        return OPEN, ["set aside: ", finding.overruled.because, " (", shown, ")"]
    if finding.adopted:
        return OPEN, ["decided, and to be shown before launch (", shown, ")"]
    match finding.status:
        case Status.UNKNOWN:
            return BLOCKS, [f"never tried: {', '.join(finding.needs)} unknown (", shown, ")"]
        case Status.FIRED:
            return BLOCKS, [f"{finding.rule.recommend} (", shown, ")"]
    return DONE, [f"{finding.rule.when.text} does not hold (", shown, ")"]


def _reliability(seen: Seen) -> Iterator[Mapping[str, Any]]:
    wait = clause("; timeout ", seen.policy.timeout_reason) if seen.policy else []
    status, evidence = _tried(seen, FAULTS)
    yield _row(
        "faults are injected: timeout, limit, wrong form, too long",
        _at_most_open(status),
        [*evidence, *wait],
        "operations",
    )
    status, evidence = _tried(seen, LOAD)
    peak = clause("; peak ", seen.facts.figure("derived.rps_peak"))
    if decided(seen.inputs.decision).get("complexity_budget") != "minimal":
        yield _row("the peak is tried", _at_most_open(status), [*evidence, *peak], "operations")
    fired, books = alert_rows(seen), runbook_files(seen)
    lost = sorted(
        {one["name"] for one in fired}
        - {alert["name"] for book in books for part in book["parts"] for alert in part["alerts"]}
    )
    each = estimated(f"{len({one['name'] for one in fired})} alerts", "names in monitoring/alerts.yml")
    told = estimated(f"{len(books)} runbooks", "files in runbooks/")
    lacking = f"; without one: {', '.join(lost)}" if lost else ""
    yield _row("every alert has its runbook", BLOCKS if lost else DONE, [each, " in ", told, lacking], "operations")
    yield _measured_calls(seen)
    yield from _told(seen, fired)


def _measured_calls(seen: Seen) -> Mapping[str, Any]:
    """Exported is not measured: something must read it, and know where the application is."""
    policy = seen.policy
    if policy is None or not policy.metrics:
        return _row("calls are measured", BLOCKS, [f"the gateway exports no metrics of {_names(seen)}"], "operations")
    if not policy.prometheus:
        how = f"the gateway exports metrics of {_names(seen)}, and nothing in this bundle reads them: name a Prometheus"
        return _row("calls are measured", OPEN, [how], "operations")
    how = f"Prometheus reads the gateway's metrics of {_names(seen)}; monitoring/targets/application.yml is empty"
    return _row("calls are measured", OPEN, [how], "operations")


def _told(seen: Seen, fired: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Whether an alert reaches anybody: by a rota for pages, by an address for each message."""
    rota, here = seen.facts.figure("team.oncall"), seen.facts.values.get("team.oncall") is True
    if rota is not None and fired:
        words = "somebody answers a page" if here else "somebody reads the tickets in working hours"
        yield _row(words, DONE if here else OPEN, ["somebody is on call: ", rota], "operations")
    if fired and seen.policy is not None:
        names = "ALERT_PAGE_URL and ALERT_TICKET_URL are" if here else "ALERT_TICKET_URL is"
        how = f"{names} to be set in .env of {seen.inputs.document}, and a first alert to be sent"
        if not seen.policy.prometheus:
            how = f"no Alertmanager is in the bundle of {seen.inputs.document}: an alert reaches nobody yet"
        yield _row("alerts reach somebody", OPEN, [how], "operations")


def _at_most_open(status: str) -> str:
    """A trial that has not been made yet holds a release up only where a rule says must."""
    return OPEN if status == BLOCKS else status


def _names(seen: Seen) -> str:
    return " and ".join(role.model for role in seen.roles)


def _money(seen: Seen) -> Iterator[Mapping[str, Any]]:
    budget, role = seen.facts.number("budget.monthly_usd"), seen.roles[0]
    ceiling = seen.facts.figure("budget.monthly_usd")
    month = role.cost.first_month_usd if role.cost else None
    if not budget or ceiling is None:
        return
    if month is None:
        yield _row("the month fits the budget", OPEN, [f"no price of {role.model}; ceiling ", ceiling], "budget owner")
        return
    found = estimated(readable_usd(month.base), f"cost of {role.cost.option if role.cost else role.model}")
    hard, chance = seen.facts.text("budget.hardness") == "hard", over_chance(seen)
    fits = DONE if month.base <= budget else BLOCKS
    if fits is DONE and chance is not None and chance > (HARD_CHANCE if hard else SOFT_CHANCE):
        fits = BLOCKS if hard else OPEN
    risk = clause("; a month passes it with a chance of ", over_figure(seen))
    yield _row("the month fits the budget", fits, [found, " of ", ceiling, *risk], "budget owner")


def matters(view: SlotView, seen: Seen) -> bool:
    """Whether the slot decides anything here: the scope of a cache does where there is one, or several customers."""
    cached = seen.policy is not None and seen.policy.cache_s is not None
    return view.name != "cache_scope" or cached or seen.facts.values.get("users.multi_tenant") is True


def over_chance(seen: Seen) -> Decimal | None:
    """The share of the draws in which a month of the chosen model passes the budget; None without draws or budget."""
    costs, cost = seen.inputs.costs, seen.roles[0].cost if seen.roles else None
    drawn = costs.drawn.option(cost.option) if costs is not None and cost is not None else None
    return drawn.ever_over_budget if drawn is not None else None


def over_figure(seen: Seen) -> Figure | None:
    """`over_chance` in percent, with its mark."""
    chance, cost = over_chance(seen), seen.roles[0].cost if seen.roles else None
    if chance is None or cost is None:
        return None
    return estimated(f"{chance * 100:.0f} %", f"cost of {cost.option}, share of the draws in which a month passes")


def _duties(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """What the law asks for, and models that end within the horizon."""
    rows = [row for one in compliance_view(seen)["regimes"] for row in one["rows"]]
    regimes = seen.facts.figure("compliance.regimes")
    if rows and regimes is not None:
        unmet = sum(not row["controls"] and bool(row["gap"]) for row in rows)
        count = estimated(f"{unmet} of {len(rows)} duties", "duties of docs/10-compliance.md without a control")
        yield _row(
            "every duty has a control", OPEN if unmet else DONE, [count, " without one, under ", regimes], "compliance"
        )
    for role in seen.roles:
        ends, today, months = (
            role.card.retires_on if role.card else None,
            prices_day(seen),
            seen.facts.number("lifecycle.horizon_months"),
        )
        if ends is None or today is None or months is None:
            continue
        left = Decimal((ends - today).days)
        days: Figure = estimated(f"{left} days", f"from the prices of {today.isoformat()} to {ends.isoformat()}")
        status = DONE if left >= months * Decimal("30.4") else OPEN
        horizon = clause(" of ", seen.facts.figure("lifecycle.horizon_months"))
        yield _row(f"{role.model} lives as long as the plan", status, [days, *horizon], "architect")
