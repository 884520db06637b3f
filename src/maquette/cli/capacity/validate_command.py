"""`maquette capacity validate`: predictions beside published measurements."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from maquette.cli.console import JSON_OPTION, PLAIN_OPTION, confirmed, print_json, print_table, say
from maquette.foundation.problems import Conflict, Place

if TYPE_CHECKING:
    from maquette.capacity.validating import Accuracy


@click.command(name="validate")
@click.argument("points", metavar="[POINTS.csv]", required=False, type=click.Path())
@click.option("--by", "table", type=click.Choice(["family", "model", "gpu"]), default="family", show_default=True)
@click.option("--worst", type=click.IntRange(min=0), default=0, metavar="N", help="Also the N worst points.")
@click.option("--chart", metavar="FILE.svg", type=click.Path(path_type=Path), help="Draw predicted against measured.")
@click.option("--yes", is_flag=True, help="Write over a file that is there.")
@PLAIN_OPTION
@JSON_OPTION
def command(
    *, points: str | None, table: str, worst: int, chart: Path | None, yes: bool, plain: bool, as_json: bool
) -> None:
    """Predict every measurement of POINTS.csv, and say how right that is; without it, how right the shipped fit is.

    For each family and metric: how many points there are, the share that can be predicted at all, the median
    absolute percentage error, the share within 25 %, and the share inside the 80 % interval. The shipped fit is told
    by measurements that it had not seen: configurations, models, accelerators and families left out in turn.
    """
    if points is None:
        _show_shipped(plain=plain, as_json=as_json)
        return
    from maquette.adapters.engine_files import load_calibration
    from maquette.adapters.point_files import read_points
    from maquette.capacity.validating import validate
    from maquette.catalogs import load_accelerators, load_catalog
    from maquette.cli.capacity.validate_data import HEADINGS, refused_lines, validate_data, validate_rows, worst_rows

    read = read_points(Path(points), load_catalog(()).cards, load_accelerators(), name=points)
    found = validate(read, load_calibration())
    if chart is not None:
        _draw(chart, found, yes=yes)
    if as_json:
        print_json(validate_data(found))
        return
    print_table(HEADINGS, validate_rows(found, table), plain_text=plain)
    for line in refused_lines(found):
        say(line)
    if worst:
        click.echo()
        print_table(*worst_rows(found, worst), plain_text=plain)


def _show_shipped(*, plain: bool, as_json: bool) -> None:
    from maquette.adapters.engine_files import load_accuracy
    from maquette.cli.capacity.validate_data import SHIPPED_HEADINGS, shipped_data, shipped_rows

    accuracy = load_accuracy()
    if as_json:
        print_json(shipped_data(accuracy))
        return
    print_table(SHIPPED_HEADINGS, shipped_rows(accuracy), plain_text=plain)
    say(f"Median errors; fitted on {accuracy['fitted_on']} to {accuracy['measurements']:,} published measurements.")


def _draw(path: Path, found: "Accuracy", *, yes: bool) -> None:
    from maquette.adapters.accuracy_chart import accuracy_svg
    from maquette.foundation.whole_files import stage_text

    staged = stage_text(path, (accuracy_svg(found.asked),))
    if staged.replaced_bytes is not None and not confirmed(f"Write over {path}?", yes=yes):
        staged.drop()
        raise Conflict("the file is there; nothing was overwritten", place=Place(file=str(path)), fix="Add --yes.")
    staged.put()
    say(f"Wrote {path}: {staged.size_bytes:,} bytes.")
