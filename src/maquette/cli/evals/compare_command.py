"""`maquette eval compare`: who is better, who is good enough, and what is still too little to say."""

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command


@click.command(name="compare")
@click.argument("runs", nargs=-1, metavar="[RUN[:TARGET]]...")
@click.option("--metric", metavar="NAME", help="Whose scores; else the primary metric of the first run.")
@click.option("--baseline", metavar="TARGET", help="Hold the others against this one; else all pairs are compared.")
@click.option(
    "--margin",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    metavar="SHARE",
    help="The difference that matters.",
)
@click.option(
    "--threshold", type=click.FloatRange(0, 1), metavar="SHARE", help="What a model must reach; else the project's."
)
@click.option("--examples", is_flag=True, help="List the examples that were gained and lost.")
@click.option("--markdown", is_flag=True, help="Print Markdown.")
@PLAIN_OPTION
@project_command
def command(  # noqa: PLR0913, PLR0917  # one parameter an option
    runs: tuple[str, ...],
    metric: str | None,
    baseline: str | None,
    margin: float,
    threshold: float | None,
    examples: bool,
    markdown: bool,
    plain: bool,
    folder: str,
    as_json: bool,
) -> None:
    """Compare the models of the newest finished run, or those of several runs, example by example.

    Says which model is the cheapest that passes, with paired tests, intervals, and how many more examples would settle
    what is open. RUN is a run's id such as r-002, RUN:TARGET one model of it.
    """
    from maquette.adapters.report_markdown import sections_as_markdown
    from maquette.cli.evals.compare_data import compare_data
    from maquette.cli.evals.sections import print_sections
    from maquette.evals.comparing_sections import compare_sections
    from maquette.project.comparing_runs import compare_runs
    from maquette.wiring import Project

    found = compare_runs(
        Project.open(folder).view,
        runs,
        metric=metric,
        baseline=baseline,
        margin=margin,
        threshold=threshold,
    )
    if as_json:
        print_json(compare_data(found))
        return
    sections = compare_sections(found, examples=None if examples else 0)
    if markdown:
        click.echo(sections_as_markdown(sections), nl=False)
    else:
        print_sections(sections, plain_text=plain)
