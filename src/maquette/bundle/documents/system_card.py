"""The system card: what it is for and not for, which models and data it rests on, how well it does, who oversees it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.diagrams.providers import processor, region, runs_own
from maquette.bundle.documents.classifier import classifier_card
from maquette.bundle.documents.compliance import incident_rows
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.slo_alerts import by_count
from maquette.bundle.documents.system_card_uses import excluded_uses, intended_uses
from maquette.bundle.documents.threats_sayings import fired, known, rule_figure
from maquette.bundle.evidence import measured, percent
from maquette.bundle.figures import Sentence, clause, figure
from maquette.bundle.inputs import RoleModel
from maquette.evals.run import EvalRun, TargetResult, Verdict
from maquette.evals.statistics.proportions import wilson
from maquette.foundation.units import readable_count

NOT_SHOWN: Mapping[Verdict, str] = {
    Verdict.FAILS: "it does not reach ",
    Verdict.NOT_ENOUGH_DATA: "so few examples do not show that it reaches ",
}


def system_card_view(seen: Seen) -> Mapping[str, Any]:
    """Rows of each section; a list is empty where nothing of it is known."""
    return {
        "intended": intended_uses(seen),
        "excluded": excluded_uses(seen),
        "models": [*classifier_card(seen), *(_model(seen, role) for role in seen.roles)],
        "repeatability": list(_repeatability(seen)),
        "data": list(_data(seen)),
        "performance": list(_performance(seen)),
        "failures": list(_failures(seen)),
        "oversight": list(_oversight(seen)),
        "incidents": incident_rows(seen),
        "runbooks": seen.policy is not None,
    }


def _model(seen: Seen, role: RoleModel) -> Mapping[str, Any]:
    card = role.card
    source = card.source if card else None
    retires = figure(card.retires_on.isoformat(), source) if card and card.retires_on and source else None
    context = (
        figure(f"{readable_count(Decimal(card.context_tok))} tokens", source)
        if card and card.context_tok and source
        else None
    )
    weights = card.weights if card else None
    return {
        "role": role.role,
        "model": role.model,
        "runs": "your organisation" if runs_own(role) else processor(role),
        "region": region(seen, role),
        "context": context,
        "retires": retires,
        "licence": weights.licence if weights and weights.licence else "the provider's terms",
    }


def _repeatability(seen: Seen) -> Iterator[Sentence]:
    """What makes an answer come out the same again, and what does not."""
    role = seen.roles[0] if seen.roles else None
    if role is None:
        return
    pinned = seen.facts.said("cat.pinned_snapshot")
    if runs_own(role):
        yield [f"The version of {role.model} is to be fixed by the hash of its weights; this project names none."]
    elif pinned is not None:
        yield ["A dated snapshot is pinned: ", pinned, "."]
    else:
        run = seen.inputs.run
        seen_in = f", so only the run {run.id} says what answered under it" if run else ""
        yield [f"{role.model} is a name that {processor(role)} can give to another version{seen_in}."]
    output, turns = seen.facts.said("tokens.output_avg"), seen.facts.said("context.turns_avg")
    agent = seen.facts.text("task.type") in ("agent", "code")
    if agent and output is not None:
        yield [
            "Temperature 0 is no mechanism of reproducibility: answers of ",
            output,
            *clause(" over ", turns),
            f" part at the first near tie of {role.model}. ",
            "Repeat runs give the spread; the trace of a session is what can be replayed.",
        ]


def _data(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """What was used to adapt, to ground and to measure."""
    facts, run = seen.facts, seen.inputs.run
    adapted = known(seen).get("decisions.adaptation_first")
    examples = facts.said("data.labelled_examples")
    if adapted in ("fine_tune", "encoder_classifier"):
        yield {"use": "training", "what": clause(examples, " with known answers")}
    elif isinstance(adapted, str) and seen.roles:
        way = adapted.replace("_", " ")
        yield {"use": "training", "what": [f"none: {seen.roles[0].model} is adapted by {way} only"]}
    if facts.text("knowledge.need") not in (None, "none"):
        yield {
            "use": "knowledge",
            "what": [
                *clause(facts.said("knowledge.corpus_tokens")),
                *clause(", changes ", facts.said("knowledge.change_freq")),
            ],
        }
    if run is not None:
        asked = max((one.planned for one in run.results), default=0)
        count = measured(f"{readable_count(Decimal(asked))} examples", run)
        yield {"use": "evaluation", "what": [f"{run.dataset}, ", count, f", prompt {run.prompt}"]}
    elif facts.said("data.eval_examples"):
        yield {"use": "evaluation", "what": clause(facts.said("data.eval_examples"), ", not run yet")}


def _performance(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The chosen models' scores over all examples and by kind of example, each with its interval."""
    run = seen.inputs.run
    for role in seen.roles:
        result = role.result
        if run is None or result is None or not result.scored:
            continue
        for name, (scored, right) in {"all": (result.scored, result.correct), **result.by_stratum}.items():
            if scored:
                yield _share(run, result, name, scored, right)


def _share(run: EvalRun, result: TargetResult, name: str, scored: int, right: int) -> Mapping[str, Any]:
    interval = wilson(right, scored)
    return {
        "model": result.target_id,
        "kind": name,
        "scored": measured(readable_count(Decimal(scored)), run),
        "share": measured(percent(right / scored), run),
        "interval": f"{percent(interval.low)} to {percent(interval.high)}",
    }


def _failures(seen: Seen) -> Iterator[Sentence]:
    """What is known to go wrong, from the run and from rules that fired."""
    run = seen.inputs.run
    for role in seen.roles:
        result = role.result
        if run is None or result is None:
            continue
        wrong = result.scored - result.correct
        if wrong:
            count = measured(f"{readable_count(Decimal(wrong))} of {readable_count(Decimal(result.scored))}", run)
            yield [f"{role.model} ({role.role}): ", count, " answers wrong", *_weakest(run, result), "."]
        wanted = seen.facts.said("quality.threshold")
        if result.verdict in NOT_SHOWN and wanted is not None:
            yield [f"{role.model}: {NOT_SHOWN[result.verdict]}", wanted, "."]
        for kind, count_of in sorted(result.failures.items()):
            failed = measured(readable_count(Decimal(count_of)), run)
            yield [f"{role.model}: ", failed, f" calls ended in {kind.value} after all attempts."]
    if run is None and seen.roles:
        yield [f"{' and '.join(role.model for role in seen.roles)}: nothing is measured yet, no failure is known."]
    yield from _noted(seen)


def _weakest(run: EvalRun, result: TargetResult) -> Sentence:
    """The kind of example with the lowest share, where there are several."""
    shares = [(right / scored, name) for name, (scored, right) in result.by_stratum.items() if scored]
    if len(shares) < 2:
        return []
    share, name = min(shares)
    return [f"; weakest on {name} with ", measured(percent(share), run)]


def _noted(seen: Seen) -> Iterator[Sentence]:
    """Limits that rules found: of the model's price step, of languages, of the sample."""
    decision = seen.inputs.decision
    for rule in ("R-EVAL-02", "R-MODEL-12", "R-MODEL-13", "R-EVAL-03"):
        finding = decision.rules.finding(rule) if decision and rule in fired(seen) else None
        if finding is not None:
            yield [f"{finding.rule.recommend.rstrip('.')} (", rule_figure(rule), ")."]


_REVIEWED: Mapping[str, str] = {
    "always": "a person checks every answer before it takes effect",
    "low_confidence": "a person decides answers of low confidence",
    "sampled": "a person reads a sample of the answers",
    "none": "a person checks before an answer takes effect",
}
_REVIEWED_WORK = "a person reviews finished work before it is merged"


def _oversight(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts, decision = seen.facts, seen.inputs.decision
    review = facts.said("risk.human_review")
    if review:
        kept = facts.text("risk.human_review") or ""
        work = facts.text("task.type") in ("agent", "code") and kept != "none"
        yield {"what": _REVIEWED_WORK if work else _REVIEWED.get(kept, _REVIEWED["none"]), "how": [review]}
    if known(seen).get("decisions.approval") is True:
        acts: Sentence = [
            "push, merge, deployment and access to secrets wait for a person (",
            rule_figure("R-AGENT-01"),
            ")",
        ]
        yield {"what": "approvals", "how": acts}
    if "R-HITL-02" in fired(seen):
        yield {
            "what": "against approval by habit",
            "how": ["the rate of edits and overrides is tracked (", rule_figure("R-HITL-02"), ")"],
        }
    oncall = facts.said("team.oncall")
    if oncall:
        yield {"what": "somebody is on call", "how": [oncall]}
    if known(seen).get("decisions.alerts") == "burn_rate":
        first = clause(
            f"an alert on {'counted failures against' if by_count(seen) else 'the burn rate of'} ",
            facts.said("availability.target"),
        )
        then = "the on-call rota" if facts.values.get("team.oncall") is True else "the contact, as there is no rota"
        yield {"what": "incident path", "how": [*first, f", then {then}, then the runbook of that alert"]}
    choice = decision.choice if decision else None
    if choice is not None and choice.signed_by:
        yield {"what": "contact", "how": [f"{choice.signed_by}, who accepted {choice.model}"]}
    elif seen.roles:
        yield {
            "what": "contact",
            "how": [f"asked: who answers for {seen.inputs.document}? Nobody has signed {_draft(seen)}"],
        }


def _draft(seen: Seen) -> str:
    return f"the choice of {seen.roles[0].model}"
