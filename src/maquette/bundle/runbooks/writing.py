"""The runbooks and the alert rules as plain data for their templates: one file a failure, or few for a small system."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Sentence, clause
from maquette.bundle.incidents import impact_view
from maquette.bundle.runbooks.alerts import alerts
from maquette.bundle.runbooks.bodies import BODIES
from maquette.bundle.runbooks.operating import Operating, operating
from maquette.bundle.runbooks.scene import ENVIRONMENT, scene
from maquette.bundle.runbooks.values import Alert, Body, Entry, Step

SHARED = "tickets"
"""The file of the one runbook that small systems have for everything that is no failure of the core."""


def runbook_files(seen: Seen) -> list[Mapping[str, Any]]:
    """A runbook a failure that has an alert; of a minimal system the core's, and one for all others."""
    op = operating(seen)
    if op is None:
        return []
    fired = alerts(op)
    told = [entry for entry in op.entries if any(one.entry == entry.id for one in fired)]
    alone = [entry for entry in told if entry.core or not op.minimal]
    books = {entry.id: _name(op, entry) for entry in told}
    files = [_file(op, entry.file, [entry], fired, books) for entry in alone]
    rest = [entry for entry in told if entry not in alone]
    return files + ([_file(op, SHARED, rest, fired, books)] if rest else [])


def runbook_paths(op: Operating, fired: Iterable[Alert]) -> Mapping[str, str]:
    """Alert to the path of its runbook in the bundle."""
    entries = {entry.id: entry for entry in op.entries}
    return {one.name: f"runbooks/{_name(op, entries[one.entry])}.md" for one in fired}


def alert_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """The rules of Prometheus with the runbook of each; empty while nothing runs.

    Rules of one name have a ``condition``, their number, so that Prometheus tells their alerts apart.
    """
    op = operating(seen)
    if op is None:
        return []
    fired = alerts(op)
    paths = runbook_paths(op, fired)
    names = [one.name for one in fired]
    return [
        {
            "name": one.name,
            "condition": names[: place + 1].count(one.name) if names.count(one.name) > 1 else None,
            "entry": one.entry,
            "expr": one.expr,
            "hold": one.hold,
            "severity": "page" if one.page else "ticket",
            "summary": one.summary,
            "threshold": list(one.threshold),
            "runbook": paths[one.name],
        }
        for place, one in enumerate(fired)
    ]


def _name(op: Operating, entry: Entry) -> str:
    return entry.file if entry.core or not op.minimal else SHARED


def _file(
    op: Operating, name: str, entries: list[Entry], fired: tuple[Alert, ...], books: Mapping[str, str]
) -> Mapping[str, Any]:
    own = {entry.id: tuple(one for one in fired if one.entry == entry.id) for entry in entries}
    parts = [_part(op, entry, own[entry.id], books, fired) for entry in entries]
    ids = entries[0].id if len(entries) == 1 else ", ".join(entry.id for entry in entries)
    return {
        "file": name,
        "id": ids,
        "title": entries[0].failure if len(entries) == 1 else "every failure without a runbook of its own",
        "single": len(entries) == 1,
        "parts": parts,
        "watched": op.seen.policy is not None and op.seen.policy.metrics,
        "prometheus": op.seen.policy is not None and op.seen.policy.prometheus,
        "budget": _budget(op),
        "severity": _severities(op, [one for each in own.values() for one in each], single=len(entries) == 1),
        "escalate": _escalate(op),
    }


def _part(
    op: Operating, entry: Entry, fired: tuple[Alert, ...], books: Mapping[str, str], every: tuple[Alert, ...]
) -> dict[str, Any]:
    here = scene(op, fired, entry.file, books, every)
    body: Body = BODIES[entry.id](here)
    changed = any(here.saved in (step.command or "") for step in body.mitigate)
    return {
        "id": entry.id,
        "failure": entry.failure,
        "fired": fired,
        "alerts": [
            {"name": one.name, "expr": one.expr, "hold": one.hold, "page": one.page, "threshold": list(one.threshold)}
            for one in fired
        ],
        "impact": [list(one) for one in body.impact if one],
        "diagnose": [_step(step) for step in _distinct(body.diagnose)],
        "mitigate": [_step(step) for step in body.mitigate],
        "verify": _step(body.verify),
        "first": [_in_a_line(step) for step in body.diagnose if _is_short(step)][:1],
        "acts": [_in_a_line(step) for step in body.mitigate],
        "check": _in_a_line(body.verify),
        "undo": [list(one) for one in body.undo if one and (changed or one != here.back())],
        "keep": list(body.keep),
    }


def _distinct(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps; one whose command was already run reads on in what that step has printed."""
    ran: dict[str, int] = {}
    for number, step in enumerate(steps, start=1):
        before = ran.setdefault(step.command, number) if step.command else number
        again = [*step.text, f" It stands in what step {before} printed."]
        yield step if before == number else replace(step, text=again, command=None)


def _step(step: Step) -> dict[str, Any]:
    return {
        "text": list(step.text),
        "command": step.command,
        "healthy": list(step.healthy),
        "branches": [list(one) for one in step.branches if one],
    }


def _is_short(step: Step) -> bool:
    """Whether its command is one line, but for the line that reads the environment."""
    return "\n" not in (step.command or "").removeprefix(ENVIRONMENT)


def _in_a_line(step: Step) -> dict[str, Any]:
    """The step with its command in one line."""
    command = step.command
    return {**_step(step), "command": command and re.sub(r"\\\n *", "", command).replace("\n", "; ")}


def _budget(op: Operating) -> Sentence:
    impact = impact_view(op.seen)
    both = clause("The month's error budget: ", impact["minutes_allowed"], ", or ", impact["requests_allowed"], ".")
    return both or clause("The month's error budget: ", impact["minutes_allowed"], ".")


def _severities(op: Operating, fired: list[Alert], *, single: bool) -> list[Sentence]:
    """Who is called, and when; a file of several failures tells the alerts that call somebody now from the others."""
    paging = list(dict.fromkeys(one.name for one in fired if one.page))
    if single or not paging:
        return [_severity(op, bool(paging))]
    now: Sentence = [f"Now, for {', '.join(paging)}: ", *_severity(op, page=True)]
    if all(one.page for one in fired):
        return [now]
    return [now, ["The others: a ticket for the next working day."]]


def _severity(op: Operating, page: bool) -> Sentence:
    cost, rota = op.seen.facts.figure("quality.error_cost"), op.seen.facts.figure("team.oncall")
    if page:
        return clause("Page the on-call engineer at once (on call: ", rota, "); a wrong answer costs: ", cost, ".")
    nobody = clause("; nobody is on call (", rota, ")") if not op.oncall else []
    return clause("A ticket or mail, read in working hours", *nobody, "; a wrong answer costs: ", cost, ".")


def _escalate(op: Operating) -> Sentence:
    rto = op.seen.facts.figure("availability.rto_min")
    providers = ", ".join(dict.fromkeys(role.card.provider for role in op.seen.roles if role.card and role.card.price))
    support = f", and the support of {providers}" if providers else ""
    return clause("After ", rto, f" without recovery: the owner of the models{support}.")
