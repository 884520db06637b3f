"""What is not known yet: the facts that unknown rules wait for, the most binding rules first, and how to learn each."""

from collections.abc import Iterable

from maquette.decision.decision import OpenQuestion
from maquette.foundation.expression import Facts, Unknown
from maquette.requirements.questions import QuestionBook
from maquette.rules.judging import STRONGEST_FIRST
from maquette.rules.report import Finding, RuleReport, Status, Strength

_BINDING = (Strength.MUST, Strength.STRONG)
_HOW = {"eval": "evaluate", "cost": "price"}


def open_questions(report: RuleReport, questions: QuestionBook, facts: Facts) -> tuple[OpenQuestion, ...]:
    """The missing facts, ranked by how many binding rules wait for each, then by how many rules, then by name.

    A derived fact is replaced by the facts that its formula lacks. ``how`` is "answer" for a question, "evaluate"
    for ``eval.*``, "price" for ``cost.*`` and "review" for what must be read from the design, the provider's pages or
    the running system.
    """
    waiting: dict[str, list[Finding]] = {}
    for finding in report.with_status(Status.UNKNOWN):
        for fact in sorted(missing_facts(finding.needs, questions, facts)):
            waiting.setdefault(fact, []).append(finding)

    def rank(fact: str) -> tuple[int, int, str]:
        binding = sum(finding.rule.strength in _BINDING for finding in waiting[fact])
        return (-binding, -len(waiting[fact]), fact)

    return tuple(_question(fact, waiting[fact], report, questions) for fact in sorted(waiting, key=rank))


def missing_facts(needs: Iterable[str], questions: QuestionBook, facts: Facts) -> frozenset[str]:
    """``needs`` with every derived fact replaced by what its formula lacks."""
    formulas = {derived.id: derived.formula for derived in questions.derived}
    missing: set[str] = set()
    for name in needs:
        result = formulas[name].evaluate(facts) if name in formulas else None
        if isinstance(result, Unknown):
            missing |= missing_facts(result.needs, questions, facts)
        else:
            missing.add(name)
    return frozenset(missing)


def _question(fact: str, waiting: list[Finding], report: RuleReport, questions: QuestionBook) -> OpenQuestion:
    question = questions.questions.get(fact)
    how = "answer" if question else _HOW.get(fact.partition(".")[0], "review")
    ask = question.ask if question else report.fact_questions.get(fact, fact)
    strongest = sorted(waiting, key=lambda finding: STRONGEST_FIRST.index(finding.rule.strength))
    return OpenQuestion(fact=fact, how=how, ask=ask, rules=tuple(finding.rule.id for finding in strongest))
