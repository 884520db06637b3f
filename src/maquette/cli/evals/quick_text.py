"""The results of `maquette eval quick` as lines of text."""

import click

from maquette.cli.console import clean
from maquette.cli.evals.quick_data import QuickData


def show_quick(found: QuickData) -> None:
    """What was right, what failed, how fast, and what it cost."""
    for line in quick_lines(found):
        click.echo(clean(line))


def quick_lines(found: QuickData) -> list[str]:
    """The lines."""
    score, interval = found["score"], found["interval"]
    lines = [f"{found['model']} on {found['data']}: {found['metric']}"]
    if score is None or interval is None:
        lines.append(f"no score: {found['scored']} of {found['examples']} examples could be scored")
    else:
        rate = f"{found['correct']} of {found['scored']} right = {score:.3f}"
        lines.append(f"{rate}, 95 % interval {interval['low']:.3f} - {interval['high']:.3f} ({interval['method']})")
    errors = ", ".join(f"{count} {kind}" for kind, count in found["errors"].items())
    lines.append(f"{found['examples']} examples, {found['answered']} answered; errors: {errors or 'none'}")
    lines += [
        f"{name}: p50 {times['p50']:.3f} s, p95 {times['p95']:.3f} s, p99 {times['p99']:.3f} s"
        for name, times in (("TTFT", found["ttft_s"]), ("latency", found["latency_s"]))
        if times is not None
    ]
    lines += [f"mean of {name}: {mean:.3f}" for name, mean in sorted(found["mean_scores"].items()) if mean != score]
    cost = "unpriced" if found["cost_usd"] is None else f"${found['cost_usd']}"
    lines.append(f"tokens: {_count(found['input_tok'])} in, {_count(found['output_tok'])} out; cost: {cost}")
    if found["scoring_usd"] is not None:
        lines.append(f"scoring: ${found['scoring_usd']} beside the answers")
    lines.append(
        f"{found['calls']} calls, {found['retries']} retries, {found['wall_s']:.2f} s, {found['cpu_s']:.2f} s CPU"
    )
    if found["state"] != "finished":
        lines.append(f"Not finished ({found['state'].replace('_', ' ')}): the figures are those of what was answered.")
    if found["left_out"]:
        lines.append(f"The server refuses {', '.join(found['left_out'])}, which was left out.")
    if found["warning"]:
        lines.append(f"{found['warning']}.")
    return lines


def _count(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"{tokens:,}"
