"""What is kept to be given or read again: caches with key, threshold, lifetime, scope; what empties and fills them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import computed, percent
from maquette.bundle.documents.context_budget import retrieved_tok
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.routing_values import (
    FALSE_HITS,
    LONGEST_TTL_S,
    SIMILARITY_SOURCE,
    TTL_PART,
    ResponseCache,
    answer_ttl_s,
    response_cache,
)
from maquette.bundle.slots import decided
from maquette.catalog.cards import Hosting
from maquette.cost.response_cache import NOT_SHARED
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd

PREFIX_S = 300
"""Seconds that a provider keeps a prefix which nobody reads: the shortest lifetime that rule R-CACHE-01 counts on."""

CHANGE = "knowledge.change_freq"


def caching_view(seen: Seen) -> Mapping[str, Any]:
    """Rows; a list is empty where nothing is cached."""
    cache, prefix = response_cache(seen.inputs, seen.facts), _prefix(seen)
    cached = cache is not None or prefix
    return {
        "caches": [*(_prefix_rows(seen) if prefix else ()), *(_response_rows(seen, cache) if cache else ())],
        "classes": list(_classes(seen, cache, prefix)) if cached else [],
        "triggers": list(_triggers(seen, cache, prefix)) if cached else [],
        "warming": list(_warming(seen, cache)) if cache else [],
    }


def caching_notes(seen: Seen) -> list[Sentence]:
    """Key, threshold, lifetime, scope and invalidation of the cache of answers, for its decision record."""
    cache = response_cache(seen.inputs, seen.facts)
    if cache is None:
        return []
    (row,) = _response_rows(seen, cache)
    events = [one["event"] for one in _triggers(seen, cache, prefix=False)]
    when: Sentence = [part for place, event in enumerate(events) for part in ([", "] if place else []) + list(event)]
    return [
        ["Key: ", *row["key"], "."],
        ["Threshold: ", *row["threshold"], "."],
        ["TTL: ", *row["ttl"], "."],
        ["Scope: ", *row["scope"], "."],
        ["Invalidation: ", *when, "."],
    ]


def lifetime(seconds: int) -> str:
    """Seconds as a person says them: 30 h, 7 days."""
    if seconds >= 172_800 and seconds % 86_400 == 0:
        return f"{seconds // 86_400} days"
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds} s"


def _prefix(seen: Seen) -> bool:
    length = seen.facts.number("tokens.shared_prefix")
    return bool(seen.roles and length) and decided(seen.inputs.decision).get("prefix_cache") is True


def _prefix_rows(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The provider's cache of the shared prefix, for each model that has one."""
    length = seen.facts.number("tokens.shared_prefix") or Decimal(0)
    for role in seen.roles:
        least = role.card.min_cacheable_tok if role.card else None
        enough: Sentence = []
        if least is not None and role.card is not None:
            words = "long enough" if length >= least else "too short: no discount"
            at = figure(f"{readable_count(Decimal(least))} tokens", role.card.source)
            enough = [f"; {words}, the model asks for ", at]
        own = role.local or (role.card is not None and role.card.hosting is Hosting.OPEN_WEIGHTS)
        yield {
            "cache": f"prefix of {role.model}",
            "key": ["the first ", *clause(seen.facts.figure("tokens.shared_prefix")), ", byte for byte"],
            "threshold": ["equal", *enough],
            "ttl": ["until memory is needed"] if own else [_by_rule(f"{PREFIX_S} s", "R-CACHE-01"), *_warm(seen)],
            "scope": ["your own server" if own else f"your account with {role.card.provider if role.card else 'it'}"],
        }


def _warm(seen: Seen) -> Sentence:
    """Whether traffic keeps it."""
    rate = seen.facts.number("derived.rps_mean")
    if not rate:
        return []
    reads = computed(rate * PREFIX_S, "requests", f"derived.rps_mean x {PREFIX_S} s")
    return [", in which ", reads, " read it" if rate * PREFIX_S >= 2 else " read it: it is often gone"]


def _response_rows(seen: Seen, cache: ResponseCache) -> Iterator[Mapping[str, Any]]:
    parts = ["prompt", "model id", "parameters", "prompt version"]
    parts += ["version of the knowledge"] if _behind(seen) else []
    parts += ["tenant and rights"] if cache.scope == "tenant" else []
    threshold: Sentence = ["equal, no similarity"]
    if cache.similarity is not None:
        least = figure(f"{cache.similarity}", SIMILARITY_SOURCE)
        wrong = _by_rule(percent(FALSE_HITS), "R-CACHE-04")
        threshold = ["similarity of ", least, " at least, raised while more than ", wrong, " of the hits are wrong"]
    yield {
        "cache": f"{cache.kind} cache of answers",
        "key": ["hash of " if cache.kind == "exact" else "vector of the question, within ", ", ".join(parts)],
        "threshold": threshold,
        "ttl": _answer_ttl(seen),
        "scope": ["one tenant; others never see it" if cache.scope == "tenant" else "everybody who asks"],
    }


def _answer_ttl(seen: Seen) -> Sentence:
    held, often = _held(seen), seen.facts.figure(CHANGE)
    if held == 0:
        return ["not kept: the knowledge changes ", *clause(often)]
    if not _behind(seen):
        return [estimated(lifetime(held), "no knowledge behind the answers: until a release, a week at most")]
    formula = f"the interval of {CHANGE} / {TTL_PART}, a week at most; no longer than the gateway keeps it"
    return [estimated(lifetime(held), formula), *clause("; the knowledge changes ", often)]


def _held(seen: Seen) -> int:
    """What the gateway is set to, where it holds the cache."""
    wanted = answer_ttl_s(seen.facts)
    return min(wanted, seen.policy.cache_s) if seen.policy and seen.policy.cache_s is not None else wanted


def _classes(seen: Seen, cache: ResponseCache | None, prefix: bool) -> Iterator[Mapping[str, Any]]:
    """Content by how fast it becomes wrong, with how long it may be kept."""
    facts = seen.facts
    cadence, often = facts.figure("lifecycle.change_cadence"), facts.figure(CHANGE)
    if prefix:
        ttl: Sentence = [_by_rule(f"{PREFIX_S} s", "R-CACHE-01"), " after the last read"]
        yield _class("instructions and examples", ["changes with a release", *clause(": ", cadence)], ttl)
    if prefix and decided(seen.inputs.decision).get("knowledge") == "long_context":
        again: Sentence = ["until the next version of it; a version is written once"]
        yield _class("documents in the prompt", ["change ", *clause(often)], again)
    if cache is not None:
        word = "answers from the knowledge" if _behind(seen) else "answers that rest on the prompt alone"
        yield _class(word, ["the knowledge changes ", *clause(often)] if _behind(seen) else ["none"], _answer_ttl(seen))
    if cache is not None and cache.kind == "semantic":
        week = estimated(lifetime(LONGEST_TTL_S), "until the embedding model changes, a week at most")
        yield _class("vectors of questions", ["none: a text keeps its vector"], [week])
    if retrieved_tok(seen) is not None and often is not None:
        passages = answer_ttl_s(facts)
        kept = estimated(lifetime(passages), f"the interval of {CHANGE} / {TTL_PART}, a week at most")
        yield _class("passages of a search", ["change ", often], [kept] if passages else ["not kept"])
    yield from _never(seen)


def _never(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """What is not kept at all."""
    facts, tools = seen.facts, seen.facts.figure("agency.tools")
    none = _by_rule("0 s", "R-CACHE-07")
    if facts.text("knowledge.need") == "live":
        yield _class("live data", ["changes ", *clause(facts.figure(CHANGE))], [none, ": read each time"])
    if tools is not None and tools["text"] != "none":
        yield _class("results of tools", ["change with what the tools reach: ", tools], [none, ": asked each time"])
    kind = facts.figure("data.sensitivity")
    if facts.text("data.sensitivity") in NOT_SHARED and kind is not None:
        alone = _by_rule("0 s", "R-CACHE-05")
        yield _class("answers about a person", ["data of kind ", kind], [alone, " for anybody else"])


def _triggers(seen: Seen, cache: ResponseCache | None, prefix: bool) -> Iterator[Mapping[str, Any]]:
    """What makes a kept thing wrong, and what goes then."""
    facts, slots = seen.facts, decided(seen.inputs.decision)
    both = [*(["prefix"] if prefix else []), *(["answers"] if cache else [])]
    key = "its version is part of the key" if cache else ""
    models = ", ".join(role.model for role in seen.roles) or "model"
    yield _trigger(["a new version of the prompt"], both, [key or "its first tokens differ", *_rewrite(seen, prefix)])
    yield _trigger(
        [f"another version of {models}"],
        both,
        ["the model id is part of the key" if cache else "a model reads its own cache only"],
    )
    if cache is not None and _behind(seen):
        often = clause(" (", facts.figure(CHANGE), ")")
        yield _trigger(["a document changes", *often], ["answers"], ["a new version of the knowledge is in the key"])
    if prefix and slots.get("knowledge") == "long_context":
        often = clause(" (", facts.figure(CHANGE), ")")
        yield _trigger(["a document in the prompt changes", *often], ["prefix"], ["collect edits, one release a day"])
    if prefix and facts.text("agency.tools") not in (None, "none"):
        yield _trigger(["the list of tools changes"], ["prefix"], ["tools are added at the end, never between"])
    if cache is not None and facts.values.get("knowledge.acl") is True:
        yield _trigger(["a right is taken away"], ["answers"], ["the reader's rights are in the key"])
    if cache is not None and cache.kind == "semantic":
        yield _trigger(
            ["an answer is reported as wrong"], ["answers"], ["the entry and all within the threshold of it"]
        )
        yield _trigger(["another embedding model"], ["answers"], ["all vectors: they do not compare"])
    if cache is not None and facts.text("data.sensitivity") in NOT_SHARED:
        yield _trigger(["somebody asks to be erased"], ["answers"], ["all keys of that person"])


def _rewrite(seen: Seen, prefix: bool) -> Sentence:
    """What a new prefix costs to read uncached, once for each model."""
    length = seen.facts.number("tokens.shared_prefix")
    card = seen.roles[0].card if seen.roles else None
    price = card.price.usd_per_unit.get("input_cost_per_token") if card and card.price else None
    if not prefix or not length or not price:
        return []
    formula = f"tokens.shared_prefix x input price of {seen.roles[0].model}"
    return ["; the first read costs ", estimated(readable_usd(length * price), formula)]


def _warming(seen: Seen, cache: ResponseCache) -> Iterator[Mapping[str, Any]]:
    """The job that fills an emptied cache; only where something empties it at a known time."""
    facts = seen.facts
    hours, held = facts.number("scale.active_hours"), _held(seen)
    often, quiet = facts.figure(CHANGE), hours is not None and hours < 24
    if held == 0 or not (quiet or (_behind(seen) and facts.text(CHANGE) != "never")):
        return
    after: Sentence = ["before the active hours begin, ", *clause(facts.figure("scale.active_hours"))] if quiet else []
    if _behind(seen) and often is not None:
        after = [*after, *([", and " if after else ""]), "after each change of the knowledge (", often, ")"]
    yield _say("when", after)
    share, rate = facts.number("traffic.exact_repeat_share"), facts.number("derived.rps_mean")
    usd = seen.roles[0].cost.usd_per_request if seen.roles and seen.roles[0].cost else None
    if share and rate:
        formula = f"derived.rps_mean x {held} s x traffic.exact_repeat_share: more do not repeat within a lifetime"
        most = rate * held * share
        yield _say("what", ["the questions asked most, ", computed(most, "questions", formula), " at the most"])
        if usd:
            cost = estimated(readable_usd(most * usd), f"that many x a request of {seen.roles[0].model}")
            yield _say("cost", [cost, " for each run of the job"])
    yield _say("how", [f"through the gateway with the same key, so that the {cache.kind} cache holds the answers"])


def _behind(seen: Seen) -> bool:
    return seen.facts.text("knowledge.need") not in (None, "none")


def _by_rule(text: str, rule: str) -> Figure:
    return figure(text, Source(kind=SourceKind.CLAIMED, ref=f"rule {rule}"))


def _class(content: str, volatility: Sentence, ttl: Sentence) -> Mapping[str, Any]:
    return {"content": content, "volatility": volatility, "ttl": ttl}


def _trigger(event: Sentence, drops: list[str], how: Sentence) -> Mapping[str, Any]:
    return {"event": event, "drops": " and ".join(drops), "how": how}


def _say(what: str, then: Sentence) -> Mapping[str, Any]:
    return {"what": what, "then": then}
