"""What to measure next: what separates the two best, what settles an open verdict, what confirms or overturns a rule.

Numbers of examples come from the statistics of the evaluations; nothing here is run.
"""

from collections.abc import Iterable, Iterator, Sequence

from maquette.decision.contenders import Contender, Limits, cheapest_first
from maquette.decision.decision import Arm, Experiment
from maquette.decision.laddering import Ladder
from maquette.decision.sentences import share
from maquette.evals.run import Verdict
from maquette.evals.statistics import more_to_decide
from maquette.evals.statistics.planning import paired_examples
from maquette.evals.steps import Step
from maquette.foundation.units import readable_count
from maquette.rules.explaining import readable_fact
from maquette.rules.report import Finding, RuleReport, Status, Strength

_EVALUATE = "maquette eval run"
_BOTH_ARMS = "R-ADAPT-04"
_ARMS_APART, _ARMS_DISAGREE = 0.05, 0.2
"""Two arms are planned to be told apart at 5 points, with one answer in five right in one of them only."""

_SMALLEST_GAP = 0.005
"""A gap of scores below half a point is not worth an experiment."""


def experiments(
    models: Sequence[Contender], limits: Limits, report: RuleReport, climbed: Ladder | None = None
) -> tuple[Experiment, ...]:
    """The experiments, the most telling first: the choice of the model, two arms, then binding rules that fired."""
    arms = _two_arms(report, climbed)
    return (*_unmeasured(models), *_verdicts(models, limits), *_best_two(models), *arms, *_overturning(report))


def _unmeasured(models: Sequence[Contender]) -> Iterator[Experiment]:
    names = tuple(model.model for model in models if not model.measured)
    if names:
        yield Experiment(
            what=f"evaluate {', '.join(names)} on your own examples",
            because="nobody is recommended without a measurement",
            examples=None,
            settles=names,
            command=_EVALUATE,
        )


def _verdicts(models: Sequence[Contender], limits: Limits) -> Iterator[Experiment]:
    """More examples for the cheapest model whose verdict is open: the first that could be recommended instead."""
    for model in sorted(models, key=cheapest_first):
        result = model.result
        if result is None or limits.threshold is None or not model.measured:
            continue
        if result.verdict is Verdict.NOT_ENOUGH_DATA:
            more = more_to_decide(result.correct, result.scored, limits.threshold)
            if more is not None:
                yield Experiment(
                    what=f"ask {model.model} about {readable_count(max(1, more))} more examples",
                    because=f"its interval holds both sides of {share(limits.threshold)}",
                    examples=max(1, more),
                    settles=(model.model,),
                    command=_EVALUATE,
                )


def _best_two(models: Sequence[Contender]) -> Iterator[Experiment]:
    """Examples that would separate the two best by score, if they stay as far apart as they are (80 % power)."""
    scored = sorted((model for model in models if model.measured), key=_score, reverse=True)
    if len(scored) < 2:
        return
    first, second = scored[:2]
    gap = _score(first) - _score(second)
    if gap < _SMALLEST_GAP:
        yield Experiment(
            what=f"none separates {first.model} from {second.model}: their scores are {share(gap)} apart",
            because="choose between them by cost, latency or where the data goes",
            examples=None,
            settles=(first.model, second.model),
            command="maquette decide --compare",
        )
        return
    # They disagree on as many items as their mistakes allow at the most, which asks for the most examples.
    discordant = min(1.0, max(gap, (1 - _score(first)) + (1 - _score(second))))
    needed = paired_examples(gap, discordant)
    have = min(model.result.scored for model in (first, second) if model.result)
    if needed > have:
        yield Experiment(
            what=f"ask {first.model} and {second.model} about {readable_count(needed - have)} more examples",
            because=(
                f"they are {share(gap)} apart over {readable_count(have)}; {readable_count(needed)} paired ones "
                "show such a difference with a power of 80 %"
            ),
            examples=needed - have,
            settles=(first.model, second.model),
            command=_EVALUATE,
        )


def _score(model: Contender) -> float:
    return float(model.result.score or 0) if model.result else 0.0


def _two_arms(report: RuleReport, climbed: Ladder | None) -> Iterator[Experiment]:
    """Retrieval against fine-tuning on the same examples, where the rule that asks for both arms holds."""
    finding = report.finding(_BOTH_ARMS)
    if finding is None or finding.status is not Status.FIRED or not finding.counts:
        return
    runs = {one.step: one.recorded.run for one in climbed.rungs if one.recorded is not None} if climbed else {}
    arms = tuple(
        Arm(step=step, run=runs.get(step), command=f"maquette set evaluation.step={step.value} && {_EVALUATE}")
        for step in (Step.RETRIEVAL, Step.FINE_TUNE)
    )
    yield Experiment(
        what="compare two arms on the same examples: retrieval, and a fine-tuned model without it",
        because=f"the knowledge is large and does not change ({_BOTH_ARMS}): evidence decides",
        examples=paired_examples(_ARMS_APART, _ARMS_DISAGREE),
        settles=(_BOTH_ARMS, "knowledge"),
        command=f"maquette eval compare {' '.join(one.run or 'RUN' for one in arms)}",
        arms=arms,
    )


def _overturning(report: RuleReport) -> Iterator[Experiment]:
    """What would overturn each strong rule that fills a slot, where that can be measured."""
    for finding in _strong(report):
        rule = finding.rule
        if any(word in rule.overturn.lower() for word in _MEASURED):
            slots = " and ".join(
                f"{name.replace('_', ' ')}: {readable_fact(value)}" for name, value in rule.proposes.items()
            )
            yield Experiment(
                what=f"measure what would overturn {rule.id}: {rule.overturn}",
                because=f"it decides {slots}",
                examples=None,
                settles=(rule.id,),
                command=_measured_by(rule.overturn),
            )


def _measured_by(overturn: str) -> str:
    """The command that measures it: machines by a benchmark, what only traffic shows by the actuals, else examples."""
    told = overturn.lower()
    if "benchmark" in told:
        return "maquette capacity bench"
    return "maquette cost actuals" if any(word in told for word in _OF_TRAFFIC) else _EVALUATE


_OF_TRAFFIC = ("hit rate", "cache hit", "utilisation", "measured need")
_MEASURED = ("measure", "eval", "score", "test", "benchmark", "accuracy", "recall", "rate")


def _strong(report: RuleReport) -> Iterable[Finding]:
    return (
        finding
        for finding in report.with_status(Status.FIRED)
        if finding.counts and finding.rule.strength is Strength.STRONG and finding.rule.proposes
    )
