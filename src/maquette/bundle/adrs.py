"""Decision records as plain data, and the path of each inside the bundle."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from maquette.bundle.adr_effects import (
    against_release,
    beside_others,
    consequences,
    effect_here,
    left_bad,
    lever_months,
    moves,
    proposers,
)
from maquette.bundle.documents.alternatives import Alternative, alternatives
from maquette.bundle.documents.caching import caching_notes
from maquette.bundle.documents.cascade import cascade_notes
from maquette.bundle.documents.computed import argued, by_rule, overturned, reasoned
from maquette.bundle.documents.context_design import context_notes
from maquette.bundle.documents.contrasts import hosting_notes, own_batch_lane
from maquette.bundle.documents.finetune import judgement
from maquette.bundle.documents.finetune_ladder import out_of_order, recorded_rows
from maquette.bundle.documents.finetune_ways import rejected_ways
from maquette.bundle.documents.routing import routing_notes
from maquette.bundle.documents.rule_rows import registered, rule_row
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import measured, percent
from maquette.bundle.figures import Figure, Sentence, clause, estimated
from maquette.bundle.safe_text import file_slug
from maquette.decision.record import ConsideredOption, Driver, Record
from maquette.decision.topics import ADAPTATION
from maquette.foundation.units import readable_usd
from maquette.rules.explaining import readable_fact


def record_view(record: Record, seen: Seen) -> dict[str, Any]:
    """One record in the sections of MADR: rules with the facts that they read, options with their numbers."""
    rules = _rules(record, seen)
    quoted = {text for rule in rules for text in (rule["recommend"], rule["overturn"])}
    read = {fact["name"] for rule in rules for fact in rule["facts"]}
    marks = tuple(f"[{rule['id']}:" for rule in rules)
    return {
        "file": record_file(record),
        "id": record.id,
        "title": record.title,
        "status": record.status,
        "decided_on": record.decided_on.isoformat() if record.decided_on else None,
        "subject": _subject(seen),
        "context": list(record.context),
        "notes": _notes(rules, seen),
        "drivers": [_driver(one, seen) for one in record.drivers if one.fact not in read],
        "options": (options := _options(record, rules, seen)),
        "numbered": any(row["month"] for row in options),
        "scored": any(row["quality"] or row["latency"] for row in options),
        "outcome": list(record.outcome),
        "reasons": [reasoned(text, seen) for text in record.reasons if not any(mark in text for mark in marks)],
        "rules_behind": rules,
        "good": [
            argued(text, _model(record), seen)
            for text in record.good
            if text not in quoted and not any(text in one for one in record.reasons)
        ],
        **_weighed(record, seen),
        "others": [_option(one, seen) for one in record.options if _adds(one, record)],
        "confirmation": [overturned(one.text, one.rule, seen) for one in record.confirmation if one.text not in quoted],
        **_adaptation(record, seen),
        "rules": list(record.rules),
        "evidence": list(record.evidence),
        "disagreements": [
            {"rule": one.rule, "text": one.text, "facts": rule["facts"]}
            for one in record.disagreements
            for rule in rules
            if rule["id"] == one.rule
        ],
    }


def _model(record: Record) -> str:
    """The model that a record's good and bad are about; empty in a record about slots."""
    outcomes = {one.outcome: one.name for one in record.options}
    return outcomes.get("chosen") or outcomes.get("recommended") or ""


def _weighed(record: Record, seen: Seen) -> dict[str, Any]:
    """What the choice makes better and worse, and what stands against release."""
    blocking, beside = against_release(record, seen), beside_others(record, seen)
    return {
        "bad": [argued(text, _model(record), seen) for text in left_bad(record, blocking)],
        "consequences": consequences(record, seen),
        "beside": beside,
        "measured": any(row["quality"] or row["latency"] for row in beside),
        "against_release": [{"id": rule.id, "recommend": rule.recommend} for rule in blocking],
    }


def _adaptation(record: Record, seen: Seen) -> dict[str, Any]:
    """The steps of the adaptation with their runs, and the ways to train; empty in every other record."""
    if record.slug != ADAPTATION.slug:
        return {"ladder": [], "out_of_order": []}
    return {"ladder": list(recorded_rows(seen)), "out_of_order": out_of_order(seen)}


def _notes(rules: list[dict[str, Any]], seen: Seen) -> list[Sentence]:
    """What this project's facts add to the rules' words."""
    slots = {slot for rule in rules for slot in rule["slots"]}
    lane = own_batch_lane(seen) if "batch_lane" in slots else []
    hosting = hosting_notes(seen) if "hosting" in slots else []
    cascade = cascade_notes(seen) if "adaptation_first" in slots else []
    context = context_notes(seen) if "memory" in slots else []
    caching = caching_notes(seen) if slots & {"cache", "cache_scope"} else []
    routing = routing_notes(seen) if slots & {"router", "prefix_cache"} else []
    return [*hosting, *cascade, *([lane] if lane else []), *context, *caching, *routing]


def _rules(record: Record, seen: Seen) -> list[dict[str, Any]]:
    """The rules behind the record, each with what it proposes."""
    findings = seen.inputs.decision.rules.findings if seen.inputs.decision else ()
    by_id = {finding.rule.id: finding.rule for finding in findings}
    return [
        {
            **rule_row(by_id[name], seen),
            "slots": list(by_id[name].proposes),
            "proposes": [f"{slot}: {readable_fact(value)}" for slot, value in by_id[name].proposes.items()],
        }
        for name in record.rules
        if name in by_id
    ]


def record_file(record: Record) -> str:
    """The record's file, without folder and ending."""
    return f"{record.number:04d}-{file_slug(record.slug)}"


def _subject(seen: Seen) -> Sentence:
    """What is decided about: the project, its task and its load."""
    task, load = seen.facts.figure("task.type"), seen.facts.figure("scale.requests_per_day")
    return [seen.inputs.document, *clause(", ", task), *clause(", ", load), ":"]


def _driver(driver: Driver, seen: Seen) -> dict[str, Any]:
    unit = f" {driver.unit}" if driver.unit else ""
    return {
        "fact": driver.fact,
        "here": driver.fact in registered(seen),
        "value": seen.facts.readable(driver.fact) or f"{driver.value}{unit}",
    }


def _options(record: Record, rules: list[dict[str, Any]], seen: Seen) -> list[dict[str, Any]]:
    """Models with their numbers; of each slot the values that were weighed and what else the rule base would propose.

    A slot that only ever gets one value is no choice: it stands in the outcome alone.
    """
    slots = dict.fromkeys(slot for rule in rules for slot in rule["slots"])
    others = alternatives(seen, slots)
    months = lever_months(record, seen)
    shown = [one for one in record.options if one.name in months or not _alone(one, record, slots, others)]
    weighed = [row for one in shown for row in _with_lever(_option(one, seen), months)]
    said = {one["name"] for one in weighed}
    return (
        weighed
        + [
            {
                **_blank(f"{one.slot}: {one.value}"),
                "outcome": f"not taken: {one.rule.id} asks for",
                "asks": one.rule.when.text,
                "effect": moves(one.rule.effect),
            }
            for one in others
            if f"{one.slot}: {one.value}" not in said
        ]
        + [{**_blank(name), "estimate": why} for name, why in _ways(record, seen)]
    )


def _with_lever(option: dict[str, Any], months: Mapping[str, tuple[str, Figure, Figure]]) -> Iterator[dict[str, Any]]:
    """The option, and beside one that pulls a lever on the bill the same design without it."""
    if option["name"] not in months:
        yield option
        return
    slot, with_it, without = months[option["name"]]
    yield {**option, "month": with_it}
    yield {**_blank(f"without {slot}"), "outcome": "not taken", "month": without}


def _ways(record: Record, seen: Seen) -> list[tuple[str, Sentence]]:
    """Of the record of the adaptation the ways to train that are rejected, each with its cost."""
    return list(rejected_ways(seen, judgement(seen).trains)) if record.slug == ADAPTATION.slug else []


def _alone(option: ConsideredOption, record: Record, slots: Collection[str], others: list[Alternative]) -> bool:
    slot = option.name.partition(": ")[0]
    if slot not in slots:
        return False
    rivals = [one for one in record.options if one.name.startswith(f"{slot}: ")]
    return len(rivals) == 1 and not any(one.slot == slot for one in others)


def _blank(name: str) -> dict[str, Any]:
    figures = {"quality": None, "latency": None, "month": None, "estimate": None}
    return {"name": name, "outcome": "", "by": [], "pros": [], "cons": [], "asks": "", "effect": "", **figures}


def _option(option: ConsideredOption, seen: Seen) -> dict[str, Any]:
    rules = proposers(option.name, seen)
    return {
        **_blank(option.name),
        "outcome": option.outcome,
        "pros": [argued(text, option.name, seen) for text in option.pros],
        "cons": [
            *(argued(text, option.name, seen) for text in option.cons),
            *([rule.effect.gives_up] for rule in rules if rule.effect.gives_up),
        ],
        "by": [by_rule(rule.id) for rule in rules if any(map(str.isdigit, option.name))],
        "effect": "; ".join(dict.fromkeys(moves(effect_here(rule, seen)) for rule in rules)),
        **_numbers(option.name, seen),
    }


def _numbers(model: str, seen: Seen) -> dict[str, Figure]:
    """Score with interval, P95 and first month of an option that is a model; only what is known."""
    run, projection = seen.inputs.run, seen.inputs.projection
    result, cost = run.result(model) if run else None, projection.option(model) if projection else None
    found: dict[str, Figure] = {}
    if run and result and result.score is not None and result.interval is not None:
        low, high = percent(result.interval.low), percent(result.interval.high)
        found["quality"] = measured(f"{percent(result.score)} ({low} to {high})", run)
    if run and result and result.latency is not None:
        found["latency"] = measured(f"{result.latency.p95_s:.3g} s", run)
    if cost and cost.first_month_usd is not None:
        found["month"] = estimated(readable_usd(cost.first_month_usd.base), f"cost of {model}, first month")
    return found


def _adds(option: ConsideredOption, record: Record) -> bool:
    """Whether its pros and cons say more than the consequences do."""
    said = {*record.good, *record.bad}
    behind = {f" ({rule}, " for rule in record.rules}
    return any(
        text not in said and not any(mark in text and text.partition(mark)[0] in said for mark in behind)
        for text in (*option.pros, *option.cons)
    )
