"""Data and privacy: who processes which data where, the record of processing, redaction, how one person is erased."""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.diagrams.model import Flow
from maquette.bundle.diagrams.providers import processor, region, runs_own
from maquette.bundle.diagrams.views import data_flow_view
from maquette.bundle.documents.computed import card_source
from maquette.bundle.documents.contrasts import hosting_notes
from maquette.bundle.documents.provider_terms import published_term
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.threats_sayings import cache_time, fired, known, providers_of, rule_figure
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.gateway.model import Audit
from maquette.bundle.inputs import RoleModel
from maquette.foundation.sources import Source, SourceKind

OWN = "your organisation"
BUCKET = f"{OWN}, in a bucket of AWS (S3)"
DATABASE = "PostgreSQL beside the gateway"
COUNTERS = "Redis beside the gateway"
PERSONAL = ("pii", "phi", "pci")
"""Classes of data that are about persons."""

WANTED_RECALL = figure("at least 95 %", Source(kind=SourceKind.CLAIMED, ref="rule R-PRIV-01"))


def privacy_view(seen: Seen) -> Mapping[str, Any]:
    """Rows of each section; a list is empty where the design has nothing of it."""
    return {
        "notes": hosting_notes(seen),
        "flows": list(_flows(seen)),
        "record": list(_record(seen)),
        "basis": _basis(seen),
        "redaction": list(_redaction(seen)),
        "recall": _recall(seen),
        "erasure": list(_erasure(seen)),
    }


def _flows(seen: Seen) -> Iterator[Mapping[str, Any]]:
    flow = data_flow_view(seen)
    if not isinstance(flow, Flow):
        return
    names = {node.key: node.name for node in flow.nodes}
    for edge in flow.edges:
        yield {
            "start": names[edge.start],
            "end": names[edge.end],
            "what": edge.label,
            "processor": edge.processor,
            "region": edge.region,
            "claimed": _claimed_region(edge.region, edge.end, seen),
        }


def _claimed_region(words: str, end: str, seen: Seen) -> Sentence:
    """Where the data goes: regions that a provider offers lead to the catalog's source for them."""
    for role in seen.roles:
        offered, between, held = words.partition("; ")
        if (
            role.role == end
            and role.card is not None
            and offered.startswith("offered in ")
            and words == region(seen, role)
        ):
            return [figure(offered, card_source(role.card, "regions")), f"{between}{held}"]
    return [words]


def _record(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """A row for each place that processes the data: category, purpose, recipient, retention."""
    facts = seen.facts
    data, task = facts.said("data.sensitivity"), facts.said("task.type")
    if data is None:
        return
    purpose: Sentence = clause("the task: ", task)
    for role in seen.roles:
        yield _processing(
            f"prompts and answers, {role.role}",
            _sent(seen, data),
            purpose,
            _recipient(seen, role),
            _kept_by(seen, role),
        )
    yield from _inside(seen, data)
    yield from _waiting(seen, data)
    yield from _log(seen, data)
    yield from _kept_calls(seen, data)
    if cached := cache_time(seen):
        yield _processing(
            "response cache", ["up to ", data], ["answering equal requests"], "Redis of your own", [cached]
        )
    if facts.text("knowledge.need") not in (None, "none"):
        size = facts.said("knowledge.corpus_tokens")
        where = (
            "search index of your own" if known(seen).get("bundle.index") is True else "sources, read for each request"
        )
        yield _processing(
            "knowledge",
            clause(size),
            ["grounds of the answers"],
            where,
            clause("until it changes: ", facts.said("knowledge.change_freq")),
        )
    yield from _examples(seen, data)


def _sent(seen: Seen, data: Figure) -> Sentence:
    """What goes to a model: with redaction, what that leaves of the data."""
    redacted = known(seen).get("decisions.redaction") is True
    return ["what redaction leaves of ", data] if redacted else ["up to ", data]


def _content(seen: Seen, data: Figure) -> Sentence:
    """Prompts and answers where the gateway writes them down: redaction stands in front of it."""
    return ["prompts and answers, ", *_sent(seen, data)]


def _inside(seen: Seen, data: Figure) -> Iterator[Mapping[str, Any]]:
    """What the design keeps or trains of its own: a classifier, a memory of conversations."""
    slots, facts = known(seen), seen.facts
    if slots.get("bundle.trained") is True:
        kept: Sentence = ["as long as the weights serve"]
        category: Sentence = [*clause(facts.said("data.labelled_examples")), ", up to ", data]
        yield _processing("training of a model of your own", category, ["adapting it to the task"], OWN, kept)
    if "decisions.memory" in slots:
        turns = clause(facts.said("context.turns_avg"), " of a conversation, up to ")
        yield _processing(
            "memory",
            [*(turns or ["conversations, up to "]), data],
            ["the next turns"],
            OWN,
            ["until the conversation ends"],
        )


def _waiting(seen: Seen, data: Figure) -> Iterator[Mapping[str, Any]]:
    """What waits for room, and what failed for good."""
    if known(seen).get("decisions.queue") is not True:
        return
    yield _processing("queue", ["prompts, ", *_sent(seen, data)], ["waiting for room"], OWN, ["until it is answered"])
    if seen.policy is not None:
        held = _content(seen, data) if seen.policy.log_content else ["key and last error, no content"]
        kept = clause(seen.facts.said("logging.retention_days"))
        yield _processing("dead letters", held, ["answering what failed"], OWN, kept)


def _log(seen: Seen, data: Figure) -> Iterator[Mapping[str, Any]]:
    if seen.policy is None:
        return
    content = seen.policy.log_content
    category: Sentence = _content(seen, data) if content else _metadata(seen)
    kept = clause(seen.facts.said("logging.retention_days"))
    yield _processing("gateway log", category, ["cost, faults, audit"], OWN, kept)


def _kept_calls(seen: Seen, data: Figure) -> Iterator[Mapping[str, Any]]:
    """What the gateway writes of every call beside its log: to a bucket, to its database, to shared counters."""
    policy = seen.policy
    if policy is None:
        return
    audit = policy.audit
    if audit is not None and audit.place == "bucket":
        category: Sentence = _content(seen, data) if policy.log_content else _metadata(seen)
        yield _processing("audit record", category, [f"audit ({audit.rules})"], BUCKET, _kept_for(audit))
    if policy.database:
        records = audit is not None and audit.place == "database"
        what = "call record" if records else "teams and keys"
        category = ["metadata of every call"] if records else ["names of teams, and metadata of every call"]
        why = f"audit ({audit.rules})" if records and audit is not None else policy.database_why
        yield _processing(what, category, [why], f"{OWN}, {DATABASE}", _kept_for(audit))
    if policy.shared is not None:
        limits: Sentence = ["limits and spending, counted together: ", policy.shared]
        window: Sentence = ["until a limit's time is over"]
        yield _processing("shared counters", ["counts, no content"], limits, f"{OWN}, {COUNTERS}", window)


def _kept_for(audit: Audit | None) -> Sentence:
    """How long a record of calls is kept, where somebody says so."""
    return [audit.days.reason] if audit is not None and audit.days is not None else ["how long is not known"]


def _metadata(seen: Seen) -> Sentence:
    return ["metadata only: model, tokens, time, cost", *clause("; because of ", _why_metadata(seen))]


def _why_metadata(seen: Seen) -> Figure | None:
    """What keeps content out of the log: the rule, the answer, or the class of the data while nobody answered."""
    if "R-PRIV-04" in fired(seen):
        return rule_figure("R-PRIV-04")
    forbidden = seen.facts.values.get("logging.content_allowed") is not True
    return seen.facts.said("logging.content_allowed" if forbidden else "data.sensitivity")


def _examples(seen: Seen, data: Figure) -> Iterator[Mapping[str, Any]]:
    run, facts = seen.inputs.run, seen.facts
    counted = ("data.eval_examples", "data.labelled_examples")
    held = next((facts.said(one) for one in counted if facts.number(one)), None)
    if run is None and held is None:
        return
    name = f"examples in {run.dataset}" if run else "evaluation examples"
    stored = facts.said("eval.store_policy")
    yield _processing(
        name,
        [*clause(held), ", up to ", data],
        ["measuring quality"],
        OWN,
        clause("answers of runs: ", stored),
    )


def _processing(what: str, category: Sentence, purpose: Sentence, recipient: str, kept: Sentence) -> Mapping[str, Any]:
    return {"what": what, "category": category, "purpose": purpose, "recipient": recipient, "kept": kept}


def _recipient(seen: Seen, role: RoleModel) -> str:
    who = OWN if runs_own(role) else processor(role)
    return f"{who}, {role.model}; region {region(seen, role)}"


def _kept_by(seen: Seen, role: RoleModel) -> Sentence:
    """How long the processor keeps prompts, as far as somebody said so."""
    if runs_own(role):
        return ["not kept behind the answer"]
    zero = seen.facts.values.get("cat.zdr_available")
    if zero is not None:
        words = "not kept: zero retention is offered, to be contracted " if zero else "kept by the provider's terms "
        return [words, *clause(seen.facts.said("cat.zdr_available"))]
    published = published_term(seen, role, "retention")
    if published is None:
        return [f"by the terms of {processor(role)}: to be shown"]
    offered = published_term(seen, role, "zero retention")
    return [published, *clause("; zero retention: ", offered)]


def _basis(seen: Seen) -> list[Sentence]:
    """The controller's part: nobody but the controller can name a legal basis."""
    data, audience = seen.facts.said("data.sensitivity"), seen.facts.said("users.audience")
    regimes = seen.facts.values.get("compliance.regimes")
    personal = seen.facts.text("data.sensitivity") in PERSONAL
    if not data or not (personal or (isinstance(regimes, tuple) and "gdpr" in regimes)):
        return []
    if personal and isinstance(regimes, tuple) and "hipaa" in regimes and "gdpr" not in regimes:
        law = figure("45 CFR 164.506", Source(kind=SourceKind.CLAIMED, ref="45 CFR 164.506"))
        asked = "Asked of the covered entity: is the use of "
        uses = " treatment, payment or health care operations ("
        return [[asked, data, uses, law, "), or which authorisation covers it? No answer of this project says so."]]
    return [
        [
            "Asked of the controller: on which legal basis is ",
            data,
            " processed",
            *clause(" (audience: ", audience, ")"),
            "? No answer of this project says so.",
        ]
    ]


def _redaction(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """Each point at which content is taken out before it goes on."""
    facts = known(seen)
    if facts.get("decisions.redaction") is True:
        lane = providers_of(seen) or "every model call"
        yield {
            "point": f"in the application, before the gateway, which leads to {lane}",
            "what": clause("what identifies a person in ", seen.facts.said("data.sensitivity")),
            "by": rule_figure("R-PRIV-01"),
        }
    if seen.policy and not seen.policy.log_content:
        what = ["prompts and answers; metadata stays"]
        yield {"point": "before the gateway log", "what": what, "by": _why_metadata(seen)}
    if "R-COMP-08" in fired(seen):
        yield {
            "point": "before the gateway",
            "what": ["card numbers, replaced by tokens"],
            "by": rule_figure("R-COMP-08"),
        }


def _recall(seen: Seen) -> Sentence:
    measured = seen.facts.said("eval.pii_recall")
    if known(seen).get("decisions.redaction") is not True:
        return []
    if measured is None:
        held = seen.facts.text("data.sensitivity")
        data = seen.facts.in_words("data.sensitivity", held) if held else "personal data"
        words = f"Recall on a set of your own with {data}: not measured; "
        return [words, WANTED_RECALL, " is asked for before launch."]
    return ["Recall, measured: ", measured, "; ", WANTED_RECALL, " is asked for."]


def _erasure(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """How the data of one person is found and removed, place by place; only places that this design has."""
    facts = seen.facts
    yield from _erase_log(seen)
    yield from _erase_calls(seen)
    if cached := cache_time(seen):
        yield _place("response cache", "by the request's key", ["delete the key; otherwise gone after ", cached])
    if known(seen).get("bundle.index") is True:
        size = facts.said("knowledge.corpus_tokens")
        yield _place(
            "search index",
            "by the document's id",
            ["remove the passages and their vectors", *clause(" of ", size), "; index anew"],
        )
    elif facts.text("knowledge.need") not in (None, "none"):
        change = facts.said("knowledge.change_freq")
        yield _place(
            "sources",
            "by the document",
            ["change the document", *clause(" (", change, ")"), "; cached prefixes end with it"],
        )
    if "decisions.memory" in known(seen):
        turns = clause(facts.said("context.turns_avg"))
        yield _place(
            "memory", "by the conversation's id", ["delete the summary and the last turns", *clause(" of ", *turns)]
        )
    if known(seen).get("decisions.queue") is True:
        yield _place("queue and dead letters", "by the idempotency key", ["delete the job, and its dead letter"])
    yield from _erase_examples(seen)
    for role in seen.roles:
        if not runs_own(role):
            yield _place(processor(role), "by the request id of the call", [f"ask under the contract for {role.model}"])
    if known(seen).get("bundle.trained") is True:
        count = facts.said("data.labelled_examples")
        yield _place(
            "trained weights", "by the example's id", ["remove the example from ", *clause(count), "; train anew"]
        )


def _erase_log(seen: Seen) -> Iterator[Mapping[str, Any]]:
    if seen.policy is None:
        return
    days = seen.facts.said("logging.retention_days")
    found = "search by request id and time" if not seen.policy.log_content else "search the content"
    gone: Sentence = (
        ["delete the entry; otherwise gone after ", *clause(days)]
        if seen.policy.log_content
        else ["no content stands in it; metadata is gone after ", *clause(days)]
    )
    yield _place("gateway log", found, gone if days else ["delete the entry"])


def _erase_calls(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The record of calls, wherever it is; the counters hold nothing of a person."""
    policy = seen.policy
    audit = policy.audit if policy else None
    if policy is None or audit is None:
        return
    days: Sentence = ["; otherwise gone after ", audit.days.reason] if audit.days is not None else []
    if audit.place == "bucket":
        yield _place(BUCKET, "by day and request id", ["delete the object", *days])
    elif policy.database:
        yield _place(DATABASE, "by request id and time", ["delete the row", *days])


def _erase_examples(seen: Seen) -> Iterator[Mapping[str, Any]]:
    run = seen.inputs.run
    if run is None:
        return
    stored = seen.facts.said("eval.store_policy")
    count = estimated(f"{len(run.results)} models", f"results of run {run.id}")
    yield _place(
        run.dataset,
        "by the example's id",
        [
            "remove the row; the run ",
            f"{run.id} with ",
            count,
            " keeps answers",
            *clause(": ", stored),
            ", so delete them too",
        ],
    )


def _place(place: str, find: str, remove: Sentence) -> Mapping[str, Any]:
    return {"place": place, "find": find, "remove": remove}
