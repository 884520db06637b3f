"""The risk register: findings by severity, what was overruled or muted and why, debts, what is still to be learnt."""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.documents.contrasts import contradictions_mended
from maquette.bundle.documents.found_here import found_here
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.threats_sayings import rule_figure
from maquette.bundle.evidence import measured
from maquette.bundle.figures import Figure, Sentence, estimated, figure
from maquette.decision.decision import Decision, DecisionStatus, Experiment
from maquette.requirements.answers import assumptions
from maquette.rules.report import Finding, Status, Strength

OWNERS: Mapping[str, str] = {
    "security": "security",
    "guardrails": "security",
    "agents": "security",
    "privacy": "privacy",
    "residency": "privacy",
    "compliance": "compliance",
    "budget": "budget owner",
    "cost": "budget owner",
    "evaluation": "evaluation",
    "reliability": "operations",
    "region": "operations",
    "observability": "operations",
    "rollout": "operations",
    "queue": "operations",
    "migration": "operations",
    "serving": "operations",
}
"""Area of a rule to who can do something about it; the architect where nobody else is named."""

WATCHED = ("security", "guardrails", "privacy", "residency", "compliance")
"""Areas whose rules are shown to be followed before launch, although the design does not break them."""

SEVERITIES: Mapping[Strength, str] = {Strength.MUST: "critical", Strength.AVOID: "high", Strength.STRONG: "medium"}
"""How bad it is that a rule's advice is not followed."""

WORST_FIRST = ("critical", "high", "medium", "low")
MOST_OPEN = 6

WAYS: Mapping[str, str] = {
    "answer": "answer a question",
    "evaluate": "run an evaluation",
    "price": "compute the cost",
    "review": "read the design, the provider's pages or the running system",
}
"""What an open question's ``how`` means, the cheapest first."""


def risks_view(seen: Seen) -> Mapping[str, Any]:
    """Rows of each section; a list is empty where there is nothing of it."""
    decision = seen.inputs.decision
    return {
        "findings": list(_findings(seen)),
        "overruled": list(_overruled(decision)) if decision else [],
        "debts": list(_debts(seen)),
        "open": list(_open(decision)) if decision else [],
        "experiments": list(_experiments(decision, seen)) if decision else [],
    }


def _findings(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The worst first: what contradicts, was refused, stands against release, must be shown, or is not followed."""
    found = [*_contradicting(seen), *_refused(seen), *_against(seen), *_deviating(seen)]
    for number, row in enumerate(sorted(found, key=lambda row: WORST_FIRST.index(row["severity"])), start=1):
        yield {"id": f"RK-{number:02d}", **row}


def _row(severity: str, what: Sentence, action: str, rule: Figure | None, owner: str, due: str) -> Mapping[str, Any]:
    return {"severity": severity, "what": what, "action": action, "rule": rule, "owner": owner, "due": due}


def _before(seen: Seen) -> str:
    """By when what speaks against the decision is settled: once it is accepted, the release is what is left."""
    choice = seen.inputs.decision.choice if seen.inputs.decision else None
    accepted = choice is not None and choice.status is DecisionStatus.ACCEPTED
    return "before release" if accepted else "before the decision is accepted"


def _contradicting(seen: Seen) -> Iterator[Mapping[str, Any]]:
    for sentence, mend in contradictions_mended(seen):
        yield _row("high", sentence, mend, None, "architect", _before(seen))


def _refused(seen: Seen) -> Iterator[Mapping[str, Any]]:
    decision = seen.inputs.decision
    for one in decision.refusals if decision else ():
        yield _row(
            "critical",
            [f"{one.what}."],
            "; or ".join(one.change) or f"another design than {one.what}",
            rule_figure(one.rule) if one.rule else None,
            "architect",
            _before(seen),
        )


def _against(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The rules that stand against release; then the binding ones of security, privacy and the law that must be met."""
    decision = seen.inputs.decision
    if decision is None:
        return
    refused = {one.rule for one in decision.refusals}
    for finding in decision.rules.with_status(Status.FIRED):
        if finding.rule.id in decision.blocking and finding.rule.id not in refused:
            yield _of_rule(finding, seen, SEVERITIES[finding.rule.strength], "before release")
    for finding in decision.rules.with_status(Status.FIRED):
        rule = finding.rule
        watched = rule.area in WATCHED or (rule.area == "agents" and rule.strength is Strength.MUST)
        if finding.counts and watched and rule.id not in decision.blocking and rule.strength in SEVERITIES:
            severity = "high" if rule.strength is Strength.MUST else SEVERITIES[rule.strength]
            yield _of_rule(finding, seen, severity, "before launch: to be shown")


def _of_rule(finding: Finding, seen: Seen, severity: str, due: str) -> Mapping[str, Any]:
    rule = finding.rule
    owner = OWNERS.get(rule.area, "architect")
    what = found_here(finding, seen) or [rule.rationale]
    return _row(severity, what, rule.recommend, rule_figure(rule.id), owner, due)


def _deviating(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """Slots that the stated design fills otherwise, as far as no rule above says so already."""
    decision = seen.inputs.decision
    for one in decision.deviations if decision else ():
        if decision and not set(one.rules) & set(decision.blocking):
            reason = f" Reason given: {one.because}." if one.because else " No reason is given."
            what: Sentence = [
                f"{one.slot.replace('_', ' ')}: stated is {one.stated}; the rule says: {one.proposed}.{reason}"
            ]
            severity, first = "low" if one.because else "medium", one.rules[0]
            mend = f"follow {first}" if one.because else f"follow {first}, or write the reason: maquette rules override"
            yield _row(severity, what, mend, rule_figure(first), "architect", "with a reason, or before launch")


def _overruled(decision: Decision) -> Iterator[Mapping[str, Any]]:
    """Rules that do not count: by the project's word, muted, by another rule; and words that have lapsed."""
    for one in decision.rules.findings:
        rule = {"rule": rule_figure(one.rule.id), "what": one.rule.recommend}
        if one.overruled is not None:
            until = one.overruled.until.isoformat() if one.overruled.until else "without an end"
            yield {**rule, "how": "overridden", "because": one.overruled.because, "until": until}
        if one.lapsed is not None and one.status is Status.FIRED:
            until = one.lapsed.until.isoformat() if one.lapsed.until else ""
            yield {**rule, "how": "lapsed: the rule counts again", "because": one.lapsed.because, "until": until}
        if one.muted_because is not None:
            yield {**rule, "how": "muted", "because": one.muted_because, "until": "until it is unmuted"}
        if one.overridden_by is not None and one.status is Status.FIRED:
            because = f"{one.overridden_by} is more specific here"
            yield {**rule, "how": "displaced", "because": because, "until": f"while {one.overridden_by} fires"}


def _debts(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """What was left for later: a draft, models that retire, results that prove nothing, defaults nobody confirmed."""
    decision = seen.inputs.decision
    choice = decision.choice if decision else None
    if choice is not None and choice.unevaluated_because:
        yield _debt(
            [f"{choice.model} was accepted without an evaluation: {choice.unevaluated_because}"],
            "evaluate it",
            "next run",
        )
    for role in seen.roles:
        if role.result is None:
            yield _debt([f"{role.model} ({role.role}) has not been evaluated"], "maquette eval run", "before release")
        if role.card is not None and role.card.retires_on is not None:
            day = figure(role.card.retires_on.isoformat(), role.card.source)
            yield _debt([f"{role.model} retires on ", day], "evaluate its successor", "before that day")
    yield from _few_examples(seen)
    taken = assumptions(seen.inputs.requirements, seen.inputs.book)
    if taken:
        count = estimated(f"{len(taken)} defaults", "questions without an answer that have one")
        names = ", ".join(one.question.id for one in taken[:3])
        yield _debt([count, f" are taken for granted, {names} first"], "answer them", _before(seen))


def _few_examples(seen: Seen) -> Iterator[Mapping[str, Any]]:
    run, threshold = seen.inputs.run, seen.facts.figure("quality.threshold")
    result = seen.roles[0].result if seen.roles else None
    if run is None or result is None or result.interval is None or threshold is None:
        return
    low, high = result.interval.low, result.interval.high
    half = measured(f"±{(high - low) * 50:.1f} points", run)
    if run.threshold is not None and low < run.threshold <= high:
        yield _debt(
            [f"{result.target_id} is known to ", half, " only, and ", threshold, " lies within"],
            "more examples",
            "before release",
        )


def _debt(what: Sentence, pay: str, due: str) -> Mapping[str, Any]:
    return {"what": what, "pay": pay, "due": due}


def _open(decision: Decision) -> Iterator[Mapping[str, Any]]:
    """The unknown facts by the cheapest way to learn them, in each those first that could change most."""
    for how, way in WAYS.items():
        asked = sorted((one for one in decision.open_questions if one.how == how), key=lambda one: -one.weight)
        if asked:
            told = next((f"{one.fact} {one.could_change[0]}" for one in asked if one.could_change), "")
            yield {
                "way": way,
                "count": len(asked),
                "facts": [one.fact for one in asked[:MOST_OPEN]],
                "changes": told,
                "more": max(0, len(asked) - MOST_OPEN),
            }


def _experiments(decision: Decision, seen: Seen) -> Iterator[Mapping[str, Any]]:
    for one in decision.experiments:
        count = (
            None
            if one.examples is None
            else estimated(f"{one.examples:,} examples", f"to settle {', '.join(one.settles)}")
        )
        what, because = (_of_scores(text, one, seen) for text in (one.what, one.because))
        yield {"what": what, "because": because, "examples": count, "command": one.command}


def _of_scores(text: str, one: Experiment, seen: Seen) -> Sentence:
    """Words of an experiment; those with figures of models lead to the run that scored them."""
    run = seen.inputs.run
    scored = {result.target_id for result in run.results} if run is not None else set()
    if run is None or not scored.intersection(one.settles) or not any(map(str.isdigit, text)):
        return [text]
    return [measured(text, run)]
