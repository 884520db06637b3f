"""The plan where something is trained: data, splits, gates and cost; when it is trained again, and how one gets out."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import sqrt
from typing import Any

from maquette.bundle.documents.capacity_figures import computed
from maquette.bundle.documents.cost_model import shown_option
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.catalog.families import host
from maquette.cost.projection import LineGroup
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_usd
from maquette.rules.report import Status

AUDIT = 300
"""Labels that two people look at again: a share of wrong ones is then known to a few points."""

PLANNED_ERRORS = 0.05
"""The share of wrong labels for which that is planned."""

SPLITS = (("training", Decimal("0.8")), ("validation", Decimal("0.1")), ("test, asked once", Decimal("0.1")))
"""Rule R-ADAPT-11."""


def plan_rows(seen: Seen, trains: str) -> Iterator[Mapping[str, Any]]:
    """What is trained on what; nothing where the verdict is no."""
    if trains not in ("encoder", "model"):
        return
    facts = seen.facts
    yield from _base(seen, trains)
    labelled = facts.number("data.labelled_examples")
    if labelled:
        yield from _data(seen, labelled)
    if facts.text("risk.human_review") == "low_confidence" and trains == "encoder":
        review = clause(facts.figure("risk.human_review"))
        yield _row("threshold", ["fitted on validation examples; below it the model abstains (", *review, ")"])
    yield from _escalation(seen, trains)
    yield from _cost(seen)


def _base(seen: Seen, trains: str) -> Iterator[Mapping[str, Any]]:
    facts, languages = seen.facts, seen.facts.figure("quality.languages")
    if trains == "encoder":
        many = (facts.number("quality.languages") or 0) > 1
        words: Sentence = ["an encoder of 100 to 400 million parameters with open weights"]
        if many and languages is not None:
            words = ["a multilingual encoder of 100 to 400 million parameters with open weights, for ", languages]
        yield _row("base", [*words, " ", _by("R-ADAPT-07")])
    elif seen.roles:
        yield _row("base", [seen.roles[0].model])
    if _fired(seen, "R-ADAPT-10"):
        decision = seen.inputs.decision
        finding = decision.rules.finding("R-ADAPT-10") if decision else None
        if finding is not None:
            yield _row("method and hyper-parameters", [f"{finding.rule.recommend} ", _by("R-ADAPT-10")])


def _data(seen: Seen, labelled: Decimal) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    kept = facts.number("data.eval_examples") or Decimal(0)
    left = labelled - kept
    formula = "data.labelled_examples - data.eval_examples"
    if left <= 0:
        return
    held = clause(facts.figure("data.eval_examples"))
    beside: Sentence = [" beside ", *held, " for the evaluation"] if held else []
    yield _row("examples", [computed(left, "examples", formula), *beside])
    parts: list[str | Figure] = []
    for name, share in SPLITS:
        parts += [", " if parts else "", computed(left * share, name, f"{share} x ({formula})")]
    yield _row("splits", [*parts, " by entity or time ", _by("R-ADAPT-11")])
    audit = min(Decimal(AUDIT), left)
    half = 1.96 * sqrt(PLANNED_ERRORS * (1 - PLANNED_ERRORS) / float(audit)) * 100
    known = estimated(f"±{half:.1f} points", f"1.96 x sqrt(p (1 - p) / {audit}), p = {PLANNED_ERRORS}")
    yield _row("audit of labels", [f"{audit} drawn at random, two people: the share of wrong ones is known to ", known])
    languages = facts.number("quality.languages")
    if languages is not None and languages > 1:
        each = computed(left / languages, "examples", f"({formula}) / quality.languages")
        metric, wanted = facts.readable("quality.metric"), clause(facts.figure("quality.threshold"))
        yield _row("languages", [f"{metric} for each language against ", *wanted, "; spread evenly, each has ", each])


def _escalation(seen: Seen, trains: str) -> Iterator[Mapping[str, Any]]:
    """Who answers what the encoder passes on, and whether the budget bears it in the dear case."""
    budget, primary = seen.facts.number("budget.monthly_usd"), seen.roles[0] if seen.roles else None
    cost = primary.cost if primary else None
    if trains != "encoder" or not budget or primary is None or cost is None or cost.first_month_usd is None:
        return
    dear = cost.first_month_usd.high
    if not dear:
        return
    most = estimated(readable_usd(dear), f"cost of {primary.model}, first month")
    rest = f"{primary.model} answers what the encoder is not sure of; in the dear case the first month costs "
    yield _row("the rest", [rest, most, " of ", seen.facts.figure("budget.monthly_usd") or readable_usd(budget)])


def _cost(seen: Seen) -> Iterator[Mapping[str, Any]]:
    projection = seen.inputs.projection
    shown = shown_option(seen, projection) if projection else None
    if projection is None:
        return
    for line in projection.lines:
        if shown is not None and line.option == shown.option and line.group is LineGroup.TRAINING:
            formula = f"{line.quantity.base.normalize():f} {line.unit} x ${line.usd_per_unit:f}"
            yield _row(f"cost, month {line.month}", [estimated(readable_usd(line.amount_usd.base), formula)])
    if any(way.usd is not None for way in seen.inputs.training):
        return  # the ways to train have a price of their own, from what such a training takes
    for what in projection.left_out:
        if what.startswith("training:"):
            yield _row("cost", [f"not known: {what.removeprefix('training: ')}"])


def trigger_rows(seen: Seen, trains: str) -> Iterator[Mapping[str, Any]]:
    """When it is trained again; where nothing is trained, when the question is asked again."""
    facts = seen.facts
    cadence = clause(facts.figure("lifecycle.change_cadence"))
    metric, wanted = facts.readable("quality.metric"), clause(facts.figure("quality.threshold"))
    if trains in ("encoder", "model"):
        if metric and wanted:
            yield _row("score", [f"{metric} of newly labelled examples below ", *wanted])
        if facts.values.get("quality.label_space_fixed") is True:
            fixed = clause(facts.figure("quality.label_space_fixed"))
            yield _row("labels", ["a label is added or split; today they are fixed (", *fixed, ")"])
        if cadence:
            yield _row("rhythm", ["at the earliest with each change, ", *cadence])
        return
    held = facts.number("data.labelled_examples")
    if held is not None and held < 500:
        floor = figure("500", Source(kind=SourceKind.CLAIMED, ref="rule R-ADAPT-06"))
        kept = min(held, facts.number("data.eval_examples") or Decimal(0))
        missing = computed(500 - (held - kept), "more", "500 - (data.labelled_examples - data.eval_examples)")
        yield _row("data", ["", floor, " labelled examples beside those of the evaluation, ", missing, " than today"])
    if metric and wanted:
        plateau = figure("two versions of the prompt", Source(kind=SourceKind.CLAIMED, ref="rule R-ADAPT-05"))
        yield _row("plateau", [plateau, f" and a larger model leave {metric} below ", *wanted])


def exit_rows(seen: Seen, trains: str) -> Iterator[Mapping[str, Any]]:
    """What happens when a base retires: dates of the roles' models, and of hosted training; none without training."""
    if trains not in ("encoder", "model"):
        return
    for role in seen.roles:
        card = role.card
        if card is None:
            continue
        if card.retires_on is not None:
            source = Source(kind=SourceKind.CLAIMED, ref=f"catalog entry of {card.id}")
            last = figure(card.retires_on.isoformat(), source)
            yield _row(role.model, ["retires on ", last, ": what was trained on it ends with it"])
        elif card.weights is not None:
            yield _row(role.model, ["open weights stay usable; what is trained on them has no last day"])
        ends = (seen.constants.get("tuning_ends") or {}).get(host(card))
        if ends:
            source = Source(kind=SourceKind.CLAIMED, ref=f"{ends['source']}, {ends['as_of']}")
            jobs, last = figure(ends["last_jobs"], source), figure(ends["last_day"], source)
            yield _row(f"training at {host(card)}", ["no new jobs after ", jobs, f"; {ends['models']} end on ", last])
    if trains == "encoder":
        back = seen.roles[0].model if seen.roles else "the language model"
        yield _row("way back", [f"the gateway sends all traffic to {back} until the next base passes the same test"])
    elif trains == "model":
        yield _row(
            "way back",
            ["examples, splits and settings are kept with their digests: the next base is trained from them"],
        )


def _fired(seen: Seen, name: str) -> bool:
    decision = seen.inputs.decision
    finding = decision.rules.finding(name) if decision else None
    return finding is not None and finding.status is Status.FIRED


def _by(name: str) -> Figure:
    return figure(f"({name})", Source(kind=SourceKind.CLAIMED, ref=f"rule {name}"))


def _row(what: str, then: Sentence) -> Mapping[str, Any]:
    return {"what": what, "then": then}
