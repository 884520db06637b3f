"""How the model gets to know the task, as a path: each question with its answer, the rule behind it, where it leads.

The rules judge; here their outcomes are put into the order in which an architect asks, and fine-tuning gets its yes or
no with the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from maquette.foundation.wording import listed
from maquette.rules.report import Finding, RuleReport, Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One question of the path.

    Attributes:
        yes: True, False, or None while it is unknown.
        rule: The rule that answers.
        leads_to: Where a yes leads.
        needs: The facts that would answer it; empty unless it is unknown.
    """

    question: str
    yes: bool | None
    rule: str
    leads_to: str
    needs: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """For a person, one line."""
        if self.yes is None:
            return f"{self.question} unknown, for want of {listed(self.needs)} ({self.rule})"
        return f"{self.question} {'yes: ' + self.leads_to if self.yes else 'no'} ({self.rule})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Adaptation:
    """The path, where it leads, and whether to fine-tune.

    Attributes:
        leads_to: Of every step that is answered with yes, in their order.
        fine_tune: Whether a measurement, or labels and volume, call for it and nothing forbids it.
        because: Why, or why not.
    """

    steps: tuple[Step, ...]
    leads_to: tuple[str, ...]
    fine_tune: bool
    because: str


_PATH = (
    ("Does the knowledge change?", "R-ADAPT-03", "keep it out of the weights"),
    ("Does it fit into the prompt?", "R-CTX-01", "put all of it there, cached"),
    ("Is it too much for a prompt?", "R-RAG-01", "hybrid retrieval"),
    ("Is it far too much for any window?", "R-CTX-02", "retrieval"),
    ("Can files be searched by name?", "R-RAG-07", "agentic search"),
    ("Is it large and does not change?", "R-ADAPT-04", "test retrieval against fine-tuning"),
    ("Is it about language?", "R-ADAPT-01", "begin with the prompt"),
    ("Are examples in the prompt untried?", "R-ADAPT-02", "try three to five"),
    ("Are labels fixed, data and volume there?", "R-ADAPT-07", "fine-tune a small encoder"),
    ("Is an answer due within 100 ms?", "R-LAT-01", "a small model or one token, next door"),
    ("Does the form still fail with examples?", "R-ADAPT-14", "decode under the schema, then fine-tune"),
    ("Do terms still fail with retrieval?", "R-ADAPT-15", "fine-tune on the field's texts"),
    ("Do the steps still fail when asked for?", "R-ADAPT-16", "fine-tune on worked examples, or one tier larger"),
    ("Is the prompt at its plateau?", "R-ADAPT-05", "fine-tune, or one tier larger"),
)
"""What is asked, the rule that answers, where a yes leads."""

_CALLING = ("R-ADAPT-07", "R-ADAPT-14", "R-ADAPT-15", "R-ADAPT-16", "R-ADAPT-05")
"""The rules that call for fine-tuning, the strongest first."""

_FORBIDDING = ("R-ADAPT-06", "R-ADAPT-08", "R-ADAPT-09", "R-ADAPT-19")
"""The rules that forbid it where it is planned."""


def adaptation(report: RuleReport) -> Adaptation:
    """The path over a report; a rule that the report lacks is no step."""
    found = {finding.rule.id: finding for finding in report.findings}
    steps = tuple(_step(question, found[rule], to) for question, rule, to in _PATH if rule in found)
    calling, forbidding = (
        [name for name in names if name in found and found[name].counts] for names in (_CALLING, _FORBIDDING)
    )
    return Adaptation(
        steps=steps,
        leads_to=tuple(dict.fromkeys(step.leads_to for step in steps if step.yes)),
        fine_tune=bool(calling) and not forbidding,
        because=_because(report, calling, forbidding, steps),
    )


def _step(question: str, finding: Finding, leads_to: str) -> Step:
    known = {Status.FIRED: True, Status.NOT_FIRED: False}
    yes = known.get(finding.status)
    if yes and not finding.counts:
        yes = False
    return Step(question=question, yes=yes, rule=finding.rule.id, leads_to=leads_to, needs=finding.needs)


def _because(report: RuleReport, calling: Sequence[str], forbidding: Sequence[str], steps: Sequence[Step]) -> str:
    said = (finding for name in (*forbidding, *calling) if (finding := report.finding(name)) is not None)
    first = next(said, None)
    if first is not None:
        return f"{first.rule.recommend} ({first.rule.id})"
    unknown = [step for step in steps if step.yes is None and step.rule in _CALLING]
    if unknown:
        needs = dict.fromkeys(name for step in unknown for name in step.needs)
        return f"no measurement calls for it; not known: {listed(list(needs))}"
    return "no measurement calls for it: the cheaper steps are not shown to fail"
