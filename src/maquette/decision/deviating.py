"""Where the stated design is not what binding rules propose, and whether the project says why.

A strong rule may be deviated from with a written reason; a slot that a must fills otherwise is a finding of its own.
"""

from collections.abc import Iterator, Mapping

from maquette.decision.decision import Deviation
from maquette.foundation.expression import Facts, FactValue
from maquette.rules.explaining import readable_fact
from maquette.rules.judging import STRONGEST_FIRST
from maquette.rules.report import Finding, RuleReport, Status, Strength

STATED_BY: Mapping[str, str] = {
    "hosting": "design.hosting",
    "streaming": "design.streaming",
    "batch_lane": "design.batch_lane",
    "cache": "design.cache",
    "budget_limits": "design.budget_limits",
    "adaptation_first": "design.adaptation",
    "providers_min": "design.providers_count",
    "router": "design.router",
    "approval": "design.approval_gate",
}
"""A slot to the fact that says what the design has there."""

_NO = frozenset({"none", "off"})
_YES = frozenset({"cascade", "classifier", "rules"})


UPGRADES = ("R-MODEL-02", "R-MODEL-03")
"""The rules that fire where a model is decided for although a smaller one passes, or none was tested."""


def deviations(report: RuleReport, facts: Facts, model: str | None = None) -> tuple[Deviation, ...]:
    """Each slot that the design fills otherwise than a fired must or strong rule proposes, in the slots' order.

    Args:
        report: Of the rules over ``facts``.
        facts: What is known, the stated design with it.
        model: The model that was decided for; one that is larger than shown to be needed deviates too.
    """
    found: dict[str, list[tuple[Finding, FactValue]]] = {}
    for finding in report.with_status(Status.FIRED):
        if finding.rule.strength not in {Strength.MUST, Strength.STRONG} or finding.overridden_by is not None:
            continue
        for slot, proposed in finding.rule.proposes.items():
            fact = STATED_BY.get(slot)
            if fact is None or fact not in facts or (model is not None and _one_lane(slot, proposed, facts[fact])):
                continue
            if not _agrees(slot, proposed, facts[fact]):
                found.setdefault(slot, []).append((finding, proposed))
    return (*_upgrades(report, model), *(_deviation(slot, against, facts) for slot, against in found.items()))


def _upgrades(report: RuleReport, model: str | None) -> Iterator[Deviation]:
    """A model larger than measurements show to be needed: proof comes before size."""
    for name in UPGRADES:
        finding = report.finding(name)
        if model is None or finding is None or finding.status is not Status.FIRED:
            continue
        yield Deviation(
            slot="model_choice",
            proposed=finding.rule.recommend,
            stated=model,
            fact="decision.model",
            rules=(name,),
            strength=finding.rule.strength.value,
            because=finding.overruled.because if finding.overruled else None,
        )


def _one_lane(slot: str, proposed: FactValue, stated: FactValue) -> bool:
    """A decision names the models of APIs alone; the other lane of a hybrid is trained, and no model of a catalog."""
    return slot == "hosting" and proposed == "hybrid" and stated == "api"


def _agrees(slot: str, proposed: FactValue, stated: FactValue) -> bool:
    if slot == "providers_min":
        return isinstance(stated, bool | str | tuple) or isinstance(proposed, str | tuple) or stated >= proposed
    if isinstance(stated, bool) and isinstance(proposed, str):
        return stated is (proposed in _YES) if proposed in _YES | _NO else True
    return stated == proposed


def _deviation(slot: str, against: list[tuple[Finding, FactValue]], facts: Facts) -> Deviation:
    against = sorted(against, key=lambda pair: STRONGEST_FIRST.index(pair[0].rule.strength))
    reasons = [finding.overruled.because if finding.overruled else None for finding, _ in against]
    given = [reason for reason in reasons if reason is not None]
    return Deviation(
        slot=slot,
        proposed=readable_fact(against[0][1]),
        stated=readable_fact(facts[STATED_BY[slot]]),
        fact=STATED_BY[slot],
        rules=tuple(finding.rule.id for finding, _ in against),
        strength=against[0][0].rule.strength.value,
        because="; ".join(dict.fromkeys(given)) if len(given) == len(reasons) else None,
    )
