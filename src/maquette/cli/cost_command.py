"""`maquette cost`: the projection over the horizon, its draws, what-ifs, and the commands that check and explain it."""

from collections.abc import Mapping
from decimal import Decimal

import click

from maquette.cli.console import PLAIN_OPTION, confirmed, print_json, project_command, say
from maquette.cli.cost.opening import decimal_in, drawing_options, factor, opened
from maquette.cli.lazy_group import LazyGroup
from maquette.cost.drawn import Drawn
from maquette.cost.inputs import CostInputs
from maquette.cost.projection import CostProjection
from maquette.foundation.problems import InvalidInput, Place
from maquette.project import Project

COMMANDS = {
    "actuals": "What was really spent beside the projection; import spend logs and bills.",
    "check": "Whether the p90 of every month keeps the budget; for a pipeline.",
    "diff": "Why two options, projects or saved projections differ, line by line.",
    "feasibility": "Whether volume, latency and budget can hold together, with the arithmetic.",
    "flips": "Where one input alone turns the order or the budget.",
    "levers": "What each lever would save, what it rests on, and all of them in a row.",
    "report": "The projection as Markdown, as one page of HTML, and its charts.",
    "scenarios": "Named sets of changed answers side by side.",
}

_MIX = "Add an option in which each model answers its share of the requests; the shares add up to 1."
_ENSEMBLE = "Add an option: every MODEL answers each request, twice where named twice; judge:MODEL decides."
_APART = "--keep needs --if NAME=VALUE, and --cascade, --mix and --ensemble go without it"
_JUDGE = "judge:"
_CASCADE = "Add an option: SMALL answers all, LARGE that share again; without a share 1 - traffic.easy_share."


@click.group(
    name="cost",
    cls=LazyGroup,
    commands_by_module={name: f"maquette.cli.cost.{name}_command" for name in COMMANDS},
    about=COMMANDS,
    invoke_without_command=True,
)
@click.option("--lines", is_flag=True, help="Show every line: quantity, price, amount and source.")
@click.option("--details", is_flag=True, help="Show every assumption, and what drives each option.")
@click.option("--if", "tried", multiple=True, metavar="NAME=VALUE", help="Try an answer; the project stays as it is.")
@click.option("--keep", is_flag=True, help="Write the answers of --if into the project, after asking.")
@click.option("--yes", is_flag=True, help="Do not ask before --keep writes.")
@click.option("--cascade", "cascades", multiple=True, metavar="SMALL,LARGE=SHARE", help=_CASCADE)
@click.option("--mix", "mixes", multiple=True, metavar="MODEL=SHARE,...", help=_MIX)
@click.option("--ensemble", "ensembles", multiple=True, metavar="MODEL,MODEL,...[,judge:MODEL]", help=_ENSEMBLE)
@drawing_options
@PLAIN_OPTION
@project_command
@click.pass_context
def command(  # noqa: PLR0913, PLR0917  # one parameter an option
    ctx: click.Context,
    lines: bool,
    details: bool,
    tried: tuple[str, ...],
    keep: bool,
    yes: bool,
    cascades: tuple[str, ...],
    mixes: tuple[str, ...],
    ensembles: tuple[str, ...],
    draws: int,
    seed: int,
    volume_within: str,
    plain: bool,
    folder: str,
    as_json: bool,
) -> None:
    """Project what each chosen model costs month by month; money is exact, ranges span what is not known.

    Below the projection stand p10, p50 and p90 over draws of everything uncertain, the chance of being over the budget,
    and the inputs that drive it. With --if the projection is computed with other answers and held against today's.
    A month has scale.days_per_month days with traffic. What cost.ensemble names is an option without --ensemble.
    """
    if ctx.invoked_subcommand is not None:
        _refuse_stray_options(ctx)
        return
    added = cascades or mixes or ensembles
    if (keep and not tried) or (added and tried):
        raise click.UsageError(_APART, ctx=ctx)
    project = opened(folder)
    if tried:
        _try(project, tried, keep=keep, yes=yes, as_json=as_json, plain_text=plain)
        return
    from maquette.project.costing import drawn_costs

    inputs = _with_ensembles(project, _with_mixes(project, _with_cascades(project, cascades), mixes), ensembles)
    drawn = drawn_costs(inputs, count=draws, seed=seed, volume_within=factor(volume_within))
    project.accept_cost()
    projection = inputs.projection() if added else project.view.projection
    _print(projection, drawn, lines=lines, details=details, plain_text=plain, as_json=as_json)


def _print(
    projection: CostProjection, drawn: Drawn, *, lines: bool, details: bool, plain_text: bool, as_json: bool
) -> None:
    if as_json:
        print_json(_data(projection, drawn, lines=lines))
    else:
        _show(projection, drawn, lines=lines, details=details, plain_text=plain_text)


def _with_cascades(project: Project, cascades: tuple[str, ...]) -> CostInputs:
    from maquette.project.costing import with_cascade

    inputs = project.view.cost_inputs
    for text in cascades:
        models, equals, share = text.partition("=")
        small, comma, large = models.partition(",")
        if not comma:
            fix = "Write it like gpt-6-luna,gpt-6.1-terra=0.12."
            raise InvalidInput(f"{text!r} is not SMALL,LARGE=SHARE", place=Place(field="--cascade"), fix=fix)
        escalated = decimal_in(share, "--cascade") if equals else None
        inputs = with_cascade(project.view, inputs, small=small.strip(), large=large.strip(), share=escalated)
    return inputs


def _with_mixes(project: Project, inputs: CostInputs, mixes: tuple[str, ...]) -> CostInputs:
    from maquette.project.costing import with_mix

    for text in mixes:
        shares: dict[str, Decimal] = {}
        for part in text.split(","):
            name, equals, share = part.strip().rpartition("=")
            if not equals or name.strip() in shares:
                fix = "Write it like gpt-6.1-sol=0.6,claude-opus-5-5=0.1,gpt-6-luna=0.3, each model once."
                raise InvalidInput(f"{text!r} is not MODEL=SHARE,...", place=Place(field="--mix"), fix=fix)
            shares[name.strip()] = decimal_in(share, "--mix")
        inputs = with_mix(project.view, inputs, shares)
    return inputs


def _with_ensembles(project: Project, inputs: CostInputs, ensembles: tuple[str, ...]) -> CostInputs:
    from maquette.project.costing import with_ensemble

    for text in ensembles:
        parts = [part.strip() for part in text.split(",")]
        judges = [part.removeprefix(_JUDGE) for part in parts if part.startswith(_JUDGE)]
        if len(judges) > 1 or not all(parts):
            fix = "Write it like gpt-6.1-sol,gpt-6.1-sol,claude-opus-5-5,judge:gpt-6.1-sol; one judge at most."
            raise InvalidInput(f"{text!r} is not MODEL,MODEL,...", place=Place(field="--ensemble"), fix=fix)
        voters = [part for part in parts if not part.startswith(_JUDGE)]
        inputs = with_ensemble(project.view, inputs, voters, next(iter(judges), None))
    return inputs


def _data(projection: CostProjection, drawn: Drawn, *, lines: bool) -> dict[str, object]:
    from maquette.cli.cost.data import drawn_data
    from maquette.cli.data import cost_data

    return {**cost_data(projection, lines=lines), "drawn": drawn_data(drawn)}


def _show(projection: CostProjection, drawn: Drawn, *, lines: bool, details: bool, plain_text: bool) -> None:
    from maquette.cli.cost.text import show_drawn
    from maquette.cli.text import show_cost

    show_cost(projection, lines=lines, details=details, plain_text=plain_text)
    priced = [option.option for option in projection.options if option.total_usd is not None]
    show_drawn(drawn, first=None if details else next(iter(priced), None), plain_text=plain_text)


def _refuse_stray_options(ctx: click.Context) -> None:
    """Options before a command would be lost without a word."""
    given = [name for name in ctx.params if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
    if given:
        name = ctx.invoked_subcommand
        raise click.UsageError(f"Put options behind the command: maquette cost {name} ...", ctx=ctx)


def _try(project: Project, tried: tuple[str, ...], *, keep: bool, yes: bool, as_json: bool, plain_text: bool) -> None:
    found = project.what_if(dict(_split(text) for text in tried))
    if as_json:
        from maquette.cli.cost.data import difference_data
        from maquette.cli.data import cost_data

        print_json(
            {
                "format": 1,
                "changes": found.changes,
                "before": cost_data(found.before, lines=False),
                "after": cost_data(found.projection, lines=False),
                "differences": [difference_data(one) for one in found.differences],
                "kept": keep and _kept(project, found.changes, yes=yes),
            }
        )
        return
    from maquette.cli.cost.text import show_what_if

    show_what_if(found.before, found.projection, found.differences, plain_text=plain_text)
    if not keep:
        say("Nothing was written; --keep writes it.")
    elif _kept(project, found.changes, yes=yes):
        say(f"Saved {', '.join(sorted(found.changes))}.")
    else:
        say("Nothing was written.")


def _kept(project: Project, changes: Mapping[str, object], *, yes: bool) -> bool:
    shown = ", ".join(f"{name}={'taken back' if value is None else value}" for name, value in changes.items())
    if not confirmed(f"Write {shown} into the project?", yes=yes):
        return False
    project.set_answers(changes)
    return True


def _split(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InvalidInput(
            f"{text!r} is not NAME=VALUE", place=Place(field=name), fix="Write it like tokens.output_avg=300."
        )
    return name.strip(), value.strip()
