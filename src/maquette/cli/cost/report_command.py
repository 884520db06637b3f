"""`maquette cost report`: the projection for those who were not there, each figure with the line behind it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maquette.cli.console import confirmed, print_json, project_command, say
from maquette.cli.cost.opening import drawing_options, factor, opened
from maquette.cli.cost.report_contract import CostReportData, CostReportFileData, CostReportSectionData
from maquette.foundation.problems import Conflict, InvalidInput, Place, Unavailable

if TYPE_CHECKING:
    from maquette.adapters.cost_charts import DrawnChart
    from maquette.cost.report import CostSection
    from maquette.foundation.whole_files import StagedFile
    from maquette.project.cost_reporting import ProjectCosts

_PATH = click.Path(path_type=Path)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """Where to write; None for what is not wanted."""

    markdown: Path | None
    html: Path | None
    charts: Path | None
    data: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Output:
    """One file to be."""

    place: Path
    form: str
    content: str | bytes


@click.command(name="report")
@click.option("--markdown", type=_PATH, metavar="FILE|-", help="Write Markdown; - prints it, as no option does.")
@click.option("--html", type=_PATH, metavar="FILE", help="Write one page with the charts in it; it loads nothing.")
@click.option("--charts", type=_PATH, metavar="DIR", help="Write each chart as SVG and PNG.")
@click.option(
    "--out", type=_PATH, metavar="PATH", help="A file .md, .html or .json; or a folder, for all and the charts."
)
@click.option("--option", "name", metavar="NAME", help="Whose lines and drivers; else the decision's, or the cheapest.")
@click.option("--yes", is_flag=True, help="Do not ask before files are replaced.")
@drawing_options
@project_command
def command(  # noqa: PLR0913, PLR0917  # one parameter an option
    markdown: Path | None,
    html: Path | None,
    charts: Path | None,
    out: Path | None,
    name: str | None,
    yes: bool,
    draws: int,
    seed: int,
    volume_within: str,
    folder: str,
    as_json: bool,
) -> None:
    """Report what the options cost, the lines behind it, what drives it and what would turn it.

    The same project, draws and seed give the same report. Files are written whole or not at all, and replaced only when
    you agree.
    """
    from maquette.project.cost_reporting import project_costs

    printed = markdown == Path("-") or (not as_json and markdown is html is charts is out is None)
    if printed and as_json:
        raise InvalidInput("JSON and Markdown cannot both be printed", fix="Name a file for one: --markdown FILE.")
    project = opened(folder)
    within = factor(volume_within)
    costs = project_costs(project.view, project.questions, option=name, count=draws, seed=seed, volume_within=within)
    asked = _asked(_Asked(markdown=None if printed else markdown, html=html, charts=charts), out)
    files = _written(_outputs(costs, asked), yes=yes)
    if printed:
        from maquette.adapters.cost_report_markdown import cost_markdown
        from maquette.cost.reporting import cost_report

        click.echo(cost_markdown(cost_report(costs.findings)), nl=False)
    elif as_json:
        print_json(_data(costs, files))


def _asked(said: _Asked, out: Path | None) -> _Asked:
    """What is to be written with ``--out``: one file by its ending, or everything into a folder."""
    if out is None:
        return said
    if (said.markdown, said.html, said.charts) != (None, None, None):
        raise InvalidInput("--out goes without --markdown, --html and --charts", fix="Name each file, or a folder.")
    match out.suffix.lower():
        case ".md":
            return _Asked(markdown=out, html=None, charts=None)
        case ".html":
            return _Asked(markdown=None, html=out, charts=None)
        case ".json":
            return _Asked(markdown=None, html=None, charts=None, data=out)
        case "":
            _make_folder(out)
            return _Asked(
                markdown=out / "cost.md", html=out / "cost.html", charts=out / "charts", data=out / "cost.json"
            )
    raise InvalidInput(
        f"a report cannot be a file {out.suffix}",
        place=Place(file=str(out)),
        fix="End it in .md, .html or .json, or name a folder.",
    )


def _outputs(costs: "ProjectCosts", asked: _Asked) -> list[_Output]:
    from maquette.cost.reporting import cost_report

    report = cost_report(costs.findings)
    made: list[_Output] = []
    if asked.markdown is not None:
        from maquette.adapters.cost_report_markdown import cost_markdown

        made.append(_Output(place=asked.markdown, form="markdown", content=cost_markdown(report)))
    if asked.data is not None:
        text = json.dumps(_data(costs, []), indent=2, ensure_ascii=False) + "\n"
        made.append(_Output(place=asked.data, form="json", content=text))
    charts = _charts(costs) if asked.html is not None or asked.charts is not None else {}
    if asked.html is not None:
        from maquette.adapters.cost_charts import ABOUT
        from maquette.adapters.cost_report_html import cost_html

        page = cost_html(report, {name: one.svg for name, one in charts.items()}, ABOUT)
        made.append(_Output(place=asked.html, form="html", content=page))
    if asked.charts is not None:
        _make_folder(asked.charts)
        for name, one in charts.items():
            made.append(_Output(place=asked.charts / f"{name}.svg", form="svg", content=one.svg))
            made.append(_Output(place=asked.charts / f"{name}.png", form="png", content=one.png))
    if len({one.place.absolute() for one in made}) < len(made):
        raise InvalidInput("two parts of the report go into one file", fix="Give each a file of its own.")
    return made


def _charts(costs: "ProjectCosts") -> "Mapping[str, DrawnChart]":
    from maquette.adapters.cost_charts import cost_charts

    found = costs.findings
    return cost_charts(
        found.projection,
        found.drawn,
        option=found.option,
        scores=costs.scores,
        metric=costs.metric,
        intervals=costs.intervals,
        volumes=found.volumes,
        levers=found.levers,
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"the folder cannot be made: {error.strerror or error}",
            place=Place(file=str(folder)),
            fix="Name a folder whose parent is there.",
        ) from error


def _written(outputs: list[_Output], *, yes: bool) -> list[CostReportFileData]:
    """Say what is to be written, ask where files are there, then put each into its place.

    Raises:
        Conflict: A file is there, and nobody agrees to replace it; nothing was written.
    """
    staged: list[StagedFile] = []
    try:
        for one in outputs:
            staged.append(_staged(one))
            say(_preview(one, staged[-1]))
        replaced = [one for one in staged if one.replaced_bytes is not None]
        if replaced and not confirmed(f"Replace {len(replaced)} of {len(staged)} files?", yes=yes):
            raise Conflict(
                "the file is there already; nothing was written over it",
                place=Place(file=str(replaced[0].place)),
                fix="Name another file, or replace it with --yes.",
            )
        for whole in staged:
            whole.put()
    finally:
        for whole in staged:
            whole.drop()
    return [
        {"path": str(one.place), "form": one.form, "size_bytes": whole.size_bytes}
        for one, whole in zip(outputs, staged, strict=True)
    ]


def _staged(output: _Output) -> "StagedFile":
    from maquette.foundation.whole_files import stage, stage_text

    content = output.content
    if isinstance(content, str):
        return stage_text(output.place, (content,))
    write: Callable[[Path], int] = lambda place: place.write_bytes(content)  # noqa: E731  # bound to these bytes
    return stage(output.place, write)


def _preview(output: _Output, staged: "StagedFile") -> str:
    about = f"{output.place}: {output.form}, {_size(staged.size_bytes)}"
    return about if staged.replaced_bytes is None else f"{about}, replaces a file of {_size(staged.replaced_bytes)}"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1000:,.1f} kB"


def _data(costs: "ProjectCosts", files: list[CostReportFileData]) -> CostReportData:
    from maquette.cost.reporting import cost_report

    found, report = costs.findings, cost_report(costs.findings)
    return {
        "format": 1,
        "option": found.option,
        "decided": found.decided,
        "prices_as_of": found.projection.prices_as_of,
        "horizon_months": found.projection.horizon_months,
        "draws": found.drawn.count,
        "seed": found.drawn.seed,
        "files": files,
        "title": report.title,
        "sections": [_section(section) for section in report.sections],
    }


def _section(section: "CostSection") -> CostReportSectionData:
    return {
        "title": section.title,
        "anchor": section.anchor,
        "says": ["".join(words.text for words in sentence) for sentence in section.says],
        "tables": [
            {
                "caption": table.caption,
                "headings": list(table.headings),
                "rows": [[words.text for words in row] for row in table.rows],
            }
            for table in section.tables
        ],
        "charts": list(section.charts),
    }
