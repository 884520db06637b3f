"""What a run will take, before anything is spent. Tokens are estimated from the text's length, as a range."""

from dataclasses import dataclass, field

from maquette.evals.asking import Pricer
from maquette.evals.calls import Message, TargetSpec
from maquette.evals.dataset import PromptRenderer
from maquette.evals.run import Estimate, RunPlan, trial_keys
from maquette.evals.statistics import examples_for_margin
from maquette.evals.trials import RunStore
from maquette.foundation.units import Range, Usd

MARGIN = 0.05
"""The half-width, in fractions of one, that the advice on sample size aims at."""

BYTES_PER_TOK = 4
"""English text in today's vocabularies; other scripts take more tokens, which the worst case covers."""


@dataclass(slots=True)
class _Sum:
    calls: int = 0
    cached: int = 0
    input_tok: int = 0
    low_usd: Usd = field(default_factory=Usd)
    base_usd: Usd = field(default_factory=Usd)
    high_usd: Usd = field(default_factory=Usd)


def estimate(plan: RunPlan, *, prompts: PromptRenderer, pricer: Pricer, runs: RunStore) -> Estimate:
    """Calls, tokens and dollars of a run of ``plan``.

    Base assumes answers of a quarter of the maximum length, high the maximum; low assumes one token.

    Raises:
        InvalidInput: The prompt does not render for an example.
    """
    total = _Sum()
    key_of = [(spec, trial_keys(plan, spec)) for spec in plan.targets]
    keyed = [(example, [(spec, key(example)) for spec, key in key_of]) for example in plan.dataset.examples]
    known = runs.answered(frozenset(key for _, keys in keyed for _, key in keys))
    for example, keys in keyed:
        waiting = [spec for spec, key in keys if key not in known]
        total.cached += len(keys) - len(waiting)
        input_tok = estimated_tok(prompts.messages(plan.prompt, example))
        for spec in waiting:
            _add(total, plan, spec, pricer, input_tok)
    unpriced = tuple(spec.id for spec in plan.targets if not pricer.priced(spec.id))
    priced = len(unpriced) < len(plan.targets)
    longest = plan.parameters.max_output_tok
    return Estimate(
        calls=total.calls,
        cached=total.cached,
        input_tok=total.input_tok,
        output_tok=Range(low=total.calls, base=total.calls * _typical(longest), high=total.calls * longest),
        usd=Range(low=total.low_usd, base=total.base_usd, high=total.high_usd) if priced else None,
        unpriced=unpriced,
        examples=len(plan.dataset.examples),
        needed_for_margin=examples_for_margin(MARGIN, plan.threshold if plan.threshold is not None else 0.5),
    )


def estimated_tok(messages: tuple[Message, ...]) -> int:
    """Tokens of a chat prompt, from its bytes; at least one a message."""
    return sum(max(1, len(message.content.encode()) // BYTES_PER_TOK) for message in messages)


def _add(total: _Sum, plan: RunPlan, spec: TargetSpec, pricer: Pricer, input_tok: int) -> None:
    longest = plan.parameters.max_output_tok
    total.calls += 1
    total.input_tok += input_tok
    total.low_usd += _usd(pricer, spec, input_tok, 1)
    total.base_usd += _usd(pricer, spec, input_tok, _typical(longest))
    total.high_usd += _usd(pricer, spec, input_tok, longest)


def _usd(pricer: Pricer, spec: TargetSpec, input_tok: int, output_tok: int) -> Usd:
    return pricer.usd(spec.id, input_tok=input_tok, output_tok=output_tok) or Usd(0)


def _typical(longest: int) -> int:
    return max(1, longest // 4)
