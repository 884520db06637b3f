"""What metrics that ask a model will take: calls, tokens and dollars, from the text that they would send."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from maquette.evals.asking import Pricer, most_input_tok
from maquette.evals.calls import Message
from maquette.evals.dataset import Example
from maquette.evals.helpers import asks_for_vectors
from maquette.evals.metrics.protocol import AnyMetric, texts_expected
from maquette.evals.metrics.response import Response
from maquette.evals.scoring import model_of
from maquette.foundation.lineage import canonical_json
from maquette.foundation.units import Range, Usd

BYTES_PER_TOK = 4
"""English text in today's vocabularies; other scripts take more tokens, which the worst case covers."""

JUDGE_WRITES_TOK = 512
"""The most that a judge writes where its metric does not say."""

WORST_BYTES_PER_TOK = 8
"""Of an answer that a judge has yet to see; longer than a token of any language's ordinary text."""


@dataclass(slots=True)
class ScoringSum:
    """The sums over all answers that are to be scored."""

    calls: int = 0
    tok: list[int] = field(default_factory=lambda: [0, 0, 0])
    usd: list[Usd] = field(default_factory=lambda: [Usd(0)] * 3)

    def add(self, metric: AnyMetric, example: Example, answers: int, longest: int, pricer: Pricer) -> None:
        """Count the calls that score ``answers`` answers to one example, each at most ``longest`` tokens long."""
        model = model_of(metric)
        prompt_tok = _prompt_tok(metric, example) if answers else None
        if model is None or prompt_tok is None:
            return
        self.calls += answers
        writes = _writes(metric)
        for case, (answer_tok, written_tok) in enumerate(
            ((1, min(1, writes)), (typical(longest), typical(writes) if writes else 0), (longest, writes))
        ):
            input_tok = prompt_tok + answer_tok
            self.tok[case] += answers * (input_tok + written_tok)
            usd = pricer.usd(model, input_tok=input_tok, output_tok=written_tok) or Usd(0)
            self.usd[case] += answers * usd

    @property
    def tok_range(self) -> Range[int]:
        """Tokens, in and out."""
        low, base, high = self.tok
        return Range(low=low, base=base, high=high)


def typical(longest: int) -> int:
    """The length of a usual answer where ``longest`` is the most: a quarter."""
    return max(1, longest // 4)


def worst_scoring_usd(
    metrics: Sequence[AnyMetric], examples: Sequence[Example], *, longest: int, pricer: Pricer
) -> Usd:
    """The most that one attempt of every call of the metrics can cost, with answers of ``longest`` tokens."""
    worst_usd = Usd(0)
    answer = "x" * (WORST_BYTES_PER_TOK * longest)
    for metric in metrics:
        model = model_of(metric)
        for example in examples if model is not None and pricer.usd(model, input_tok=10**6, output_tok=10**6) else ():
            shown = _shown(metric, example, answer)
            if shown is not None and model is not None:
                usd = pricer.usd(model, input_tok=most_input_tok(shown), output_tok=_writes(metric))
                worst_usd += usd or Usd(0)
    return worst_usd


def _prompt_tok(metric: AnyMetric, example: Example) -> int | None:
    """Tokens of the call without the answer; None where no call is made for this example."""
    shown = _shown(metric, example, "")
    if shown is None:
        return None
    return sum(len(message.content.encode(errors="replace")) // BYTES_PER_TOK for message in shown)


def _shown(metric: AnyMetric, example: Example, answer: str) -> tuple[Message, ...] | None:
    if asks_for_vectors(metric):
        references = texts_expected(example)
        if references is None:
            return None
        return tuple(Message(role="user", content=text) for text in (answer, *references))
    messages = getattr(metric, "messages", None)
    if callable(messages):
        found: tuple[Message, ...] = messages(example, Response(text=answer))
        return found
    # A stranger's metric that does not tell what it would send: the example and the answer, at least.
    return (Message(role="user", content=canonical_json([example.inputs, example.expected, answer])),)


def _writes(metric: AnyMetric) -> int:
    return 0 if asks_for_vectors(metric) else int(getattr(metric, "max_output_tok", JUDGE_WRITES_TOK))
