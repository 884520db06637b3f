"""`maquette eval quick`: one model on a file of examples, without a project."""

import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from maquette.cli.console import JSON_OPTION, confirmed, print_json, say
from maquette.cli.evals.options import UsdAmount
from maquette.foundation.problems import CallsFailed, ExitStatus, SpendingStopped
from maquette.foundation.units import Usd, readable_usd

if TYPE_CHECKING:
    from maquette.cli.evals.quick_plan import Quick


@click.command(name="quick")
@click.option("--data", required=True, metavar="FILE", help="JSONL or CSV with input and expected.")
@click.option("--model", required=True, metavar="NAME", help="The server's name, LiteLLM's, or a GGUF file.")
@click.option("--base-url", metavar="URL", help="Of an OpenAI-compatible server.")
@click.option("--via", type=click.Choice(["direct", "litellm"]), help="How a server is asked; direct by default.")
@click.option("--api-key-env", metavar="NAME", help="The environment variable that holds the key.")
@click.option("--prompt", metavar="FILE", help="A Jinja prompt over the inputs; else the input as it is.")
@click.option("--metric", "metrics", multiple=True, default=("exact_match",), metavar="KIND", show_default=True)
@click.option("--judge", metavar="NAME", help="The model that rubric_judge asks.")
@click.option("--rubric", metavar="TEXT|@FILE", help="What makes an answer good, for rubric_judge.")
@click.option("--judge-base-url", metavar="URL", help="Of an OpenAI-compatible server.")
@click.option("--judge-api-key-env", metavar="NAME", help="The environment variable that holds the judge's key.")
@click.option("--embedding-model", metavar="NAME", help="The model that embedding_similarity asks.")
@click.option("--embedding-base-url", metavar="URL", help="Of an OpenAI-compatible server.")
@click.option("--embedding-api-key-env", metavar="NAME", help="The environment variable that holds that model's key.")
@click.option("--concurrency", type=click.IntRange(min=1), default=8, show_default=True, metavar="N")
@click.option("--max-output-tokens", type=click.IntRange(min=1), default=512, show_default=True, metavar="N")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The first N examples alone.")
@click.option("--cap", type=UsdAmount(), metavar="USD", help="Spend at most this.")
@click.option("--yes", is_flag=True, help="Spend what the estimate says at most, without asking.")
@click.option("--allow-unpriced", is_flag=True, help="Call a model whose price is not known.")
@click.option("--requests-per-minute", type=click.FloatRange(min=0, min_open=True), metavar="N", help="At most.")
@click.option("--tokens-per-minute", type=click.FloatRange(min=0, min_open=True), metavar="N", help="At most.")
@click.option("--max-minutes", type=click.FloatRange(min=0, min_open=True), metavar="N", help="End it then.")
@click.option("--log", metavar="DIR", help="Keep the answers there, resume what was killed, pay for none twice.")
@click.option("--fail-fast", is_flag=True, help="End the run at the first call that fails for good.")
@JSON_OPTION
def command(*, cap: Usd | None, yes: bool, as_json: bool, log: str | None, **asked: Any) -> int:
    """Evaluate one model on a file of examples, without a project.

    Says what it may cost and asks before it spends money; a model whose price is not known needs --allow-unpriced.
    """
    from maquette.cli.evals.quick_data import quick_data
    from maquette.cli.evals.quick_running import run_quick
    from maquette.evals.helpers import self_preference

    started_s = time.perf_counter()
    quick = _planned(log=log, **asked)
    for warning in self_preference(quick.plan, quick.helpers):
        say(warning)
    cap_usd = _agreed(quick, cap, yes=yes)
    run, problem = run_quick(quick, cap_usd, log=log)
    wall_s = time.perf_counter() - started_s
    found = quick_data(run, model=asked["model"], wall_s=wall_s, cpu_s=time.process_time())
    if as_json:
        print_json(found)
    else:
        from maquette.cli.evals.quick_text import show_quick

        show_quick(found)
    if problem is not None:
        raise problem
    return _status(found["state"], sum(found["errors"].values()))


def _planned(  # noqa: PLR0913  # one parameter an option
    *,
    model: str,
    base_url: str | None,
    via: str | None,
    api_key_env: str | None,
    concurrency: int,
    max_output_tokens: int,
    allow_unpriced: bool,
    requests_per_minute: float | None,
    tokens_per_minute: float | None,
    max_minutes: float | None,
    metrics: tuple[str, ...],
    **asked: Any,
) -> "Quick":
    """The plan of what the options say."""
    from maquette.cli.evals.quick_helpers import HelperOptions
    from maquette.cli.evals.quick_plan import planned, target_spec

    pace = {"requests_per_minute": requests_per_minute, "tokens_per_minute": tokens_per_minute}
    spec = target_spec(
        model,
        base_url=base_url,
        via=via,
        api_key_env=api_key_env,
        concurrency=concurrency,
        allow_unpriced=allow_unpriced,
        pace={name: value for name, value in pace.items() if value is not None},
    )
    options = HelperOptions(**{one.name: asked.pop(one.name) for one in fields(HelperOptions)})
    helpers = options.helpers(metrics, concurrency=concurrency, allow_unpriced=allow_unpriced)
    return planned(
        spec,
        metrics=options.metrics(metrics, helpers),
        helpers=helpers,
        concurrency=concurrency,
        longest=max_output_tokens,
        most_minutes=max_minutes,
        **asked,
    )


def _agreed(quick: "Quick", cap: Usd | None, *, yes: bool) -> Usd | None:
    """The cap of the run.

    Raises:
        SpendingStopped: The run costs money, and nobody agreed to it.
    """
    if cap is not None or quick.worst_usd == 0:
        return cap
    scoring = f" and {quick.examples} to score them" * len(quick.helpers)
    say(f"{quick.examples} calls{scoring}, at most {readable_usd(quick.worst_usd)}.")
    if not confirmed("Spend it?", yes=yes):
        raise SpendingStopped(
            f"this may cost up to {readable_usd(quick.worst_usd)}, and nobody agreed to it; nothing was sent",
            fix="Set --cap USD, or agree with --yes.",
        )
    return quick.worst_usd


def _status(state: str, failed: int) -> int:
    if state == "cap_reached":
        raise SpendingStopped("the cap stopped the run before the next call could be covered", fix="Raise --cap.")
    if state == "stopped":
        return ExitStatus.INTERRUPTED
    if failed:
        raise CallsFailed(f"{failed} calls failed after all attempts", fix="See the errors by kind.")
    return ExitStatus.OK
