"""What a metric looks at: an answer with what it took, whether it just came or stands in the log."""

from dataclasses import dataclass

from maquette.evals.calls import Answer, ToolCall
from maquette.evals.trials import Trial
from maquette.foundation.units import Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """One answer of a model. None is unknown, never zero.

    Attributes:
        tool_calls: What the model asked for, empty when it asked for nothing; None when it is not on record.
        output_tok: Tokens of the answer, those of thought included.
        reasoning_tok: Tokens of thought among them.
        cost_usd: What the call cost, with its retries.
        finish_reason: "stop", "length", or what the target said.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] | None = None
    input_tok: int | None = None
    output_tok: int | None = None
    reasoning_tok: int | None = None
    latency_s: float | None = None
    ttft_s: float | None = None
    cost_usd: Usd | None = None
    finish_reason: str | None = None

    @classmethod
    def of_answer(cls, answer: Answer, cost_usd: Usd | None) -> "Response":
        """An answer that just came, and what its call cost."""
        return cls(
            text=answer.text,
            tool_calls=answer.tool_calls,
            input_tok=answer.input_tok,
            output_tok=answer.output_tok,
            reasoning_tok=answer.reasoning_tok,
            latency_s=answer.latency_s,
            ttft_s=answer.ttft_s,
            cost_usd=cost_usd,
            finish_reason=answer.finish_reason,
        )

    @classmethod
    def of_trial(cls, trial: Trial) -> "Response":
        """An answer on record; what its trial does not tell is None."""
        return cls(
            text=trial.output or "",
            tool_calls=trial.tool_calls,
            input_tok=trial.input_tok,
            output_tok=trial.output_tok,
            reasoning_tok=trial.reasoning_tok,
            latency_s=trial.latency_s,
            ttft_s=trial.ttft_s,
            cost_usd=trial.cost_usd,
            finish_reason=trial.finish_reason,
        )
