"""The rows of the evaluation's table, for a wide and for a narrow terminal."""

from maquette.evals.run import TargetResult
from maquette.evals.run_words import SHORT_VERDICTS, seconds, verdict_words
from maquette.foundation.units import readable_usd

WIDE_HEADINGS = ("model", "done", "right", "score", "95 % interval", "verdict", "p95 s", "failed", "spent")
NARROW_HEADINGS = ("model", "done", "score", "95 %", "verdict", "p95", "failed")

LONGEST_ID = 22


def wide_cells(result: TargetResult) -> tuple[str, ...]:
    """Every figure."""
    interval, latency = result.interval, result.latency
    return (
        result.target_id,
        f"{result.done}/{result.planned}",
        str(result.correct),
        f"{result.score:.3f}" if result.score is not None else "",
        f"{interval.low:.3f} - {interval.high:.3f}" if interval else "",
        verdict_words(result),
        f"{latency.p95_s:.3f}" if latency else "",
        str(sum(result.failures.values())),
        readable_usd(result.spent_usd) if result.spent_usd is not None else "",
    )


def narrow_cells(result: TargetResult) -> tuple[str, ...]:
    """What fits 80 columns."""
    interval, latency = result.interval, result.latency
    name = result.target_id
    return (
        name if len(name) <= LONGEST_ID else f"{name[:10]}…{name[-11:]}",
        f"{result.done}/{result.planned}",
        f"{result.score:.3f}" if result.score is not None else "",
        f"{interval.low:.2f}-{interval.high:.2f}" if interval else "",
        f"{SHORT_VERDICTS[result.verdict]}{' !' * bool(result.must_pass_missed)}",
        seconds(latency.p95_s) if latency else "",
        str(sum(result.failures.values())),
    )
