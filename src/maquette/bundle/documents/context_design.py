"""The context and the memory of a design: budgets by model, growth of a session, what is pruned, how recall is proven.

A part is there only where the project has it: memory with several turns, pruning where a prompt can become too long.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity import CHARACTERS_PER_TOK
from maquette.bundle.documents.capacity_figures import computed
from maquette.bundle.documents.context_budget import (
    COMPACT_SHARE,
    PASSAGES,
    SUMMARY_TOK,
    Session,
    assumed,
    budget_rows,
    retrieved_tok,
    session_of,
    tightest,
    window_turns,
)
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.visible_loss import DISCORDANT, shown_threshold, smallest_shown
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.routing_values import MOST_LOSS
from maquette.bundle.slots import decided
from maquette.evals.statistics.planning import paired_examples, smallest_paired_difference
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

RECALL_DATA = "evals/recall.jsonl"
"""Where the project keeps conversations whose last question asks for what an early turn said."""

FIRST_RUN = "r-001"
"""What a project calls its first run."""

_RUN = re.compile(r"r-(\d+)")


def context_design_view(seen: Seen) -> Mapping[str, Any]:
    """Rows and sentences; a list is empty where the project has no such part."""
    session = session_of(seen)
    budgets = budget_rows(seen)
    return {
        "budgets": budgets,
        "sessions": session is not None and bool(budgets),
        "passages": any(row["passages"] for row in budgets),
        "beside": any(row["beside"] for row in budgets),
        "growth": list(_growth(seen, session)),
        "memory": list(_memory(seen, session)),
        "pruning": list(_pruning(seen, session)),
        "policy": _policy(seen, session),
        "proofs": list(_proofs(seen, session)),
    }


def context_notes(seen: Seen) -> list[Sentence]:
    """What a decision record says of memory: the window, the compaction, the order of pruning, and their proofs."""
    session, policy = session_of(seen), _policy(seen, session_of(seen))
    if session is None or policy is None:
        return []
    parts = {row["what"]: row["then"] for row in _memory(seen, session)}
    told = {"Sliding window": parts.get("sliding window"), "Compaction": parts.get("compaction")}
    said: list[Sentence] = [[f"{name}: ", *then, "."] for name, then in told.items() if then is not None]
    said.append([f"Pruning: {policy}."])
    proofs = _proofs(seen, session)
    return [*said, *([f"Proof of {row['what']}: ", *row["asks"], "; it ", *row["passes"], "."] for row in proofs)]


def _growth(seen: Seen, session: Session | None) -> Iterator[Mapping[str, Any]]:
    """The prompt at the first, the middle, the last and twice the last turn of an average session."""
    if session is None:
        return
    trigger = tightest(seen, session)
    turns = {1, int(session.turns // 2) or 1, int(session.turns), int(2 * session.turns)}
    for turn in sorted(turns):
        length = session.prompt_tok(Decimal(turn))
        formula = f"tokens.shared_prefix + {turn} x {session.turn_tok:.0f} tokens a turn"
        passed = trigger is not None and length > trigger[0]
        yield {
            "turn": readable_count(Decimal(turn)),
            "prompt": computed(length, "tokens", formula),
            "new": computed(session.turn_tok, "tokens", "2 x (tokens.input_avg - prefix) / (context.turns_avg + 1)"),
            "state": "compacted before" if passed else "whole",
        }


def _memory(seen: Seen, session: Session | None) -> Iterator[Mapping[str, Any]]:
    if session is None:
        return
    trigger = tightest(seen, session)
    yield _say("prefix", [*_prefix(seen), " in front, never rewritten, so that it stays cached"])
    if trigger is not None:
        kept = window_turns(session, trigger[0])
        formula = "(compaction at / 2 - prefix - summary) / tokens that a turn adds, at least 2"
        yield _say("sliding window", ["the last ", estimated(f"{kept} turns", formula), " word for word"])
        summary = assumed(f"{readable_count(SUMMARY_TOK)} tokens", "a parameter, proven by the evaluation of recall")
        yield _say("summary and pinned facts", [summary, ", rewritten at each compaction only"])
        at = computed(trigger[0], "tokens", trigger[1])
        turn = session.turns_within(trigger[0] + session.answer_tok)
        after = estimated(f"turn {readable_count(Decimal(turn))}", "(compaction at - prefix) / tokens a turn")
        yield _say("compaction", ["when a prompt passes ", at, ", that is ", after, *_usual(session, turn)])
    yield from _stored(seen, session)


def _prefix(seen: Seen) -> Sentence:
    found = seen.facts.figure("tokens.shared_prefix")
    return ["instructions and tools", *clause(", ", found, ",")]


def _usual(session: Session, turn: int) -> list[str]:
    usual = readable_count(session.turns)
    return [f"; the usual session of {usual} turns ends before it"] if turn >= session.turns else []


def _stored(seen: Seen, session: Session) -> Iterator[Mapping[str, Any]]:
    """What a session takes on disk, and how many of them are kept how long."""
    facts, slots = seen.facts, decided(seen.inputs.decision)
    apart = slots.get("cache_scope") == "tenant" or facts.values.get("knowledge.acl") is True
    key = "session, under the user and tenant whose rights it has" if apart else "session"
    yield _say("key", [key])
    tokens = session.turn_tok * session.turns
    each = computed(
        tokens * CHARACTERS_PER_TOK / 1024, "KiB", f"turns x tokens a turn x {CHARACTERS_PER_TOK} bytes / 1024"
    )
    requests, days = facts.number("scale.requests_per_day"), facts.number("logging.retention_days")
    if not requests:
        yield _say("size of a session", [each])
        return
    sessions = requests / session.turns
    a_day = computed(sessions, "sessions a day", "scale.requests_per_day / context.turns_avg")
    yield _say("size of a session", [each, ", ", a_day])
    if days:
        volume = sessions * days * tokens * CHARACTERS_PER_TOK / 10**9
        formula = "sessions a day x logging.retention_days x size of a session"
        kept = clause(facts.figure("logging.retention_days"))
        yield _say("store", [computed(volume, "GB", formula), " after ", *kept, "; older sessions are deleted"])


def _policy(seen: Seen, session: Session | None) -> str | None:
    """The policy of pruning that is selected, by name."""
    if session is not None and seen.facts.text("agency.tools") not in (None, "none"):
        return "tool results first, then the oldest turns"
    if session is not None:
        return "the oldest turns first"
    if retrieved_tok(seen) is not None:
        return "the lowest-ranked passages first"
    return "the longest field first" if _crowded(seen) else None


def _crowded(seen: Seen) -> bool:
    """Whether the longest usual prompt takes more than half of the first model's window: rule R-CTX-03."""
    card = seen.roles[0].card if seen.roles else None
    longest = seen.facts.number("tokens.input_p99")
    return bool(card and card.context_tok and longest and longest > COMPACT_SHARE * card.context_tok)


def _pruning(seen: Seen, session: Session | None) -> Iterator[Mapping[str, Any]]:
    """What leaves the prompt in which order, and what never does."""
    if _policy(seen, session) is None:
        return
    trigger = tightest(seen, session) if session else None
    kept = window_turns(session, trigger[0]) if session and trigger else None
    tools = seen.facts.figure("agency.tools") if seen.facts.text("agency.tools") != "none" else None
    if session is not None and tools is not None and kept:
        of = estimated(f"{kept} turns", "the sliding window")
        yield _cut(["results of tools (", tools, "), to a line with their address"], ["older than ", of])
    if retrieved_tok(seen) is not None:
        left = figure(f"{PASSAGES} passages", Source(kind=SourceKind.CLAIMED, ref="rule R-RAG-01"))
        yield _cut(["passages of the lowest rank"], ["all but ", left])
    if session is not None and kept:
        last = estimated(f"the last {kept}", "the sliding window")
        yield _cut(["turns before the window, into the summary"], ["all but ", last])
    if session is None and _crowded(seen):
        longest = clause(f"past half of the window of {seen.roles[0].model}: ", seen.facts.figure("tokens.input_p99"))
        yield _cut(["the longest field of the request"], longest)
    never = ["instructions", *(["tool list"] if tools else []), *(["pinned facts"] if session else []), "the question"]
    prefix = decided(seen.inputs.decision).get("prefix_cache") is True
    yield _cut([", ".join(never)], ["never" + (": the cached prefix must stay as it is" if prefix else "")])


def _proofs(seen: Seen, session: Session | None) -> Iterator[Mapping[str, Any]]:
    """The evaluations that the policy and the compaction have to pass, as commands."""
    if _policy(seen, session) is None or not seen.roles:
        return
    run, model = seen.inputs.run, seen.roles[0].model
    first = run.id if run else FIRST_RUN
    again = _next(first)
    pair = f" {first}:{model} {again}:{model}" if again else ""
    most = figure(f"{100 * MOST_LOSS:.0f} points", Source(kind=SourceKind.CLAIMED, ref="rule R-EVAL-08"))
    commands = [*(() if run else ["maquette eval run"]), "maquette eval run"]
    found = smallest_shown(seen.facts)
    margin = max(float(MOST_LOSS), (found[0] if found else None) or 0.0)
    commands.append(f"maquette eval compare{pair} --margin {margin:.2g}")
    metric = clause(" in ", seen.facts.figure("quality.metric"))
    yield {
        "what": "pruning",
        "asks": ["the same examples with the whole and with the pruned context", *_sees(seen)],
        "commands": commands,
        "passes": ["loses", *metric, " at most ", *shown_threshold(seen.facts, 100 * Decimal(str(MOST_LOSS)), most)],
    }
    if session is None:
        return
    needed = paired_examples(float(MOST_LOSS), DISCORDANT)
    count = estimated(f"{readable_count(Decimal(needed))} conversations", _planned())
    name = seen.policy.deployments[0].model if seen.policy else model
    quick = f"maquette eval quick --data {RECALL_DATA} --model {name} --via litellm --metric contains"
    yield {
        "what": "compaction",
        "asks": [count, *_places(seen, session), ", the last question asks for it"],
        "commands": [quick],
        "passes": ["recalls at most ", most, " less than with the whole conversation"],
    }


def _planned() -> str:
    share = f"{DISCORDANT * 100:.0f} % discordant, power 80 %"
    return f"Connor 1987: a difference of {100 * MOST_LOSS:.0f} points, {share}"


def _sees(seen: Seen) -> Sentence:
    """What loss the project's own examples can show."""
    count = seen.facts.number("data.eval_examples")
    least = smallest_paired_difference(int(count), DISCORDANT) if count else None
    if least is None:
        return []
    shown = estimated(f"{100 * least:.1f} points", "Connor 1987: n = data.eval_examples, power 80 %")
    return ["; ", *clause(seen.facts.figure("data.eval_examples")), " can show a loss of ", shown]


def _places(seen: Seen, session: Session) -> Sentence:
    """At which turns the facts to be recalled are said: in what is summarised, and in what is kept."""
    trigger = tightest(seen, session)
    if trigger is None:
        return [" that say a fact early"]
    last = session.turns_within(trigger[0] + session.answer_tok) + 1
    early = max(1, last - window_turns(session, trigger[0]))
    turns: Figure = estimated(f"turn {readable_count(Decimal(last))}", "the first turn past the compaction")
    return [f" of which half say a fact in turns 1 to {early}, which are summarised before ", turns]


def _next(run: str) -> str | None:
    found = _RUN.fullmatch(run)
    return f"r-{int(found.group(1)) + 1:03d}" if found else None


def _say(what: str, then: Sentence) -> Mapping[str, Any]:
    return {"what": what, "then": then}


def _cut(what: Sentence, then: Sentence) -> Mapping[str, Any]:
    return {"what": what, "then": then}
