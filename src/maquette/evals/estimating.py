"""What a run will take, before anything is spent. Tokens are estimated from the text's length, as a range."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from maquette.evals.asking import Pricer
from maquette.evals.calls import Message, TargetSpec
from maquette.evals.dataset import Example, PromptRenderer
from maquette.evals.durations import ToDo, minutes
from maquette.evals.estimating_scores import BYTES_PER_TOK, ScoringSum, typical
from maquette.evals.helpers import HelperSpec
from maquette.evals.metrics.protocol import AnyMetric
from maquette.evals.run import Estimate, RunPlan, trial_keys
from maquette.evals.scoring import mark_of, model_of
from maquette.evals.statistics import examples_for_margin
from maquette.evals.trials import RunManifest, RunState, RunStore, Trial
from maquette.foundation.units import Range, Usd

MARGIN = 0.05
"""The half-width, in fractions of one, that the advice on sample size aims at."""


@dataclass(slots=True)
class _Sum:
    """What is counted example by example; counters are by target."""

    pricer: Pricer
    longest: int
    calls: Counter[str] = field(default_factory=Counter)
    input_tok: Counter[str] = field(default_factory=Counter)
    to_score: Counter[str] = field(default_factory=Counter)
    cached: int = 0
    usd: list[Usd] = field(default_factory=lambda: [Usd(0)] * 3)
    scores: ScoringSum = field(default_factory=ScoringSum)

    def add_call(self, spec: TargetSpec, input_tok: int) -> None:
        """One question to one target."""
        self.calls[spec.id] += 1
        self.input_tok[spec.id] += input_tok
        for case, output_tok in enumerate((1, typical(self.longest), self.longest)):
            self.usd[case] += self.pricer.usd(spec.id, input_tok=input_tok, output_tok=output_tok) or Usd(0)


@dataclass(frozen=True, slots=True)
class _Asking:
    """A metric that asks a model, and what its scores bear."""

    mark: str
    metric: AnyMetric

    @property
    def model(self) -> str:
        return str(model_of(self.metric))


def estimate(
    plan: RunPlan,
    *,
    prompts: PromptRenderer,
    pricer: Pricer,
    runs: RunStore,
    metrics: Sequence[AnyMetric] = (),
    helpers: Sequence[HelperSpec] = (),
    fresh: bool = False,
) -> Estimate:
    """Calls, tokens, dollars and minutes of a run of ``plan``.

    Base assumes answers of a quarter of the maximum length, high the maximum; low assumes one token. Those of
    ``metrics`` that ask a model, which ``helpers`` say how to reach, do so for every answer that has no score of theirs
    on record; a run that is resumed, and is not ``fresh``, does so only for what it lacks.

    Raises:
        InvalidInput: The prompt does not render for an example.
    """
    asking = [_Asking(mark_of(spec), one) for spec, one in zip(plan.metrics, metrics, strict=False) if model_of(one)]
    total = _counted(plan, prompts, pricer, runs, asking, finished=() if fresh else _finished(plan, runs))
    names = dict.fromkeys([*(spec.id for spec in plan.targets), *(one.model for one in asking)])
    unpriced = tuple(name for name in names if not pricer.priced(name))
    calls, scores = total.calls.total(), total.scores
    return Estimate(
        calls=calls,
        cached=total.cached,
        input_tok=total.input_tok.total(),
        output_tok=Range(low=calls, base=calls * typical(total.longest), high=calls * total.longest),
        usd=_range([a + b for a, b in zip(total.usd, scores.usd, strict=True)]) if len(unpriced) < len(names) else None,
        unpriced=unpriced,
        examples=len(plan.dataset.examples),
        needed_for_margin=examples_for_margin(MARGIN, plan.threshold if plan.threshold is not None else 0.5),
        scoring_calls=scores.calls,
        scoring_tok=scores.tok_range if scores.calls else None,
        scoring_usd=_range(scores.usd) if any(one.model not in unpriced for one in asking) else None,
        minutes=minutes(plan, _left(plan, total), runs, helpers=_specs(helpers)),
    )


def estimated_tok(messages: tuple[Message, ...]) -> int:
    """Tokens of a chat prompt, from its bytes; at least one a message."""
    return sum(max(1, len(message.content.encode()) // BYTES_PER_TOK) for message in messages)


def resumable(plan: RunPlan, runs: RunStore) -> RunManifest | None:
    """The newest run where it is one of ``plan`` that did not finish: what the next run goes on with."""
    newest = next(reversed(runs.manifests()), None)
    if newest is None or newest.computed_from != plan.fingerprint or newest.state is RunState.FINISHED:
        return None
    return newest


def _finished(plan: RunPlan, runs: RunStore) -> frozenset[tuple[str, str]]:
    """Target and example of the trials that a resume would not repeat."""
    run = resumable(plan, runs)
    return frozenset((one.target_id, one.example_id) for one in runs.trials(run.run_id)) if run else frozenset()


def _counted(
    plan: RunPlan,
    prompts: PromptRenderer,
    pricer: Pricer,
    runs: RunStore,
    asking: Sequence[_Asking],
    *,
    finished: Collection[tuple[str, str]],
) -> _Sum:
    total = _Sum(pricer=pricer, longest=plan.parameters.max_output_tok)
    key_of = [(spec, trial_keys(plan, spec)) for spec in plan.targets]
    keyed = [(example, [(spec, key(example)) for spec, key in key_of]) for example in plan.dataset.examples]
    known = runs.answered(frozenset(key for _, keys in keyed for _, key in keys))
    for example, keys in keyed:
        waiting = [spec for spec, key in keys if key not in known]
        total.cached += len(keys) - len(waiting)
        input_tok = estimated_tok(prompts.messages(plan.prompt, example))
        for spec in waiting:
            total.add_call(spec, input_tok)
        unscored = [(spec.id, key) for spec, key in keys if (spec.id, example.id) not in finished] if asking else []
        _add_scores(total, example, unscored, asking, known)
    return total


def _add_scores(
    total: _Sum,
    example: Example,
    unscored: Sequence[tuple[str, str]],
    asking: Sequence[_Asking],
    known: Mapping[str, Trial],
) -> None:
    """The calls of metrics about one example, but for what stands scored on record."""
    marks = {target: _marks(known[key]) if key in known else frozenset() for target, key in unscored}
    waiting: set[str] = set()
    for one in asking:
        targets = [target for target, scored in marks.items() if one.mark not in scored]
        total.scores.add(one.metric, example, len(targets), total.longest, total.pricer)
        waiting.update(targets)
    total.to_score.update(waiting)


def _marks(trial: Trial) -> frozenset[str]:
    return frozenset(score.made_by for score in trial.scores if score.made_by and score.value is not None)


def _left(plan: RunPlan, total: _Sum) -> list[ToDo]:
    return [
        ToDo(
            spec=spec,
            calls=total.calls[spec.id],
            tok=total.input_tok[spec.id] + total.calls[spec.id] * typical(total.longest),
            scoring=total.to_score[spec.id],
        )
        for spec in plan.targets
    ]


def _specs(helpers: Sequence[HelperSpec]) -> list[TargetSpec]:
    return list({helper.spec.id: helper.spec for helper in helpers}.values())


def _range(cases: Sequence[Usd]) -> Range[Usd]:
    low, base, high = cases
    return Range(low=low, base=base, high=high)
