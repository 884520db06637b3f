"""What the commands under `maquette shortlist` look at: a project, or the bare catalog where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from maquette.catalog.cards import Catalog
from maquette.catalog.filter_terms import FilterLine
from maquette.catalog.filtering import apply, needs_traffic, strange_word
from maquette.catalog.shortlist import Candidate, Shortlist
from maquette.cli.catalog.problems import say_catalog_problems
from maquette.cli.console import say
from maquette.foundation.expression import Facts
from maquette.foundation.problems import InvalidInput
from maquette.project_document import PROJECT_FILE

HERE = "."


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A catalog with its shortlist under the requirements; without a project there are none."""

    catalog: Catalog
    shortlist: Shortlist
    facts: Facts
    today: date
    chosen: tuple[str, ...]
    is_project: bool


def opened(folder: str, *, choose: Sequence[str] = ()) -> Opened:
    """The project in ``folder``; in the folder where the user stands, the bare catalog when there is no project.

    Args:
        folder: As the user named it.
        choose: Models to choose first.

    Raises:
        NotFound: There is no project in the folder that was named, or a model to choose is not in the catalog.
        InvalidInput: A model to choose is excluded.
    """
    if folder == HERE and not choose and not Path(folder, PROJECT_FILE).exists():
        say("There is no project here: this is the bare catalog, without requirements. maquette new DIR makes one.")
        return _told(_bare())
    from maquette.wiring import Project

    project = Project.open(folder)
    if choose:
        project.choose(choose)
        say(f"Chosen: {', '.join(choose)}.")
    view = project.view
    return _told(
        Opened(
            catalog=view.catalog,
            shortlist=view.shortlist,
            facts=view.facts,
            today=view.today,
            chosen=view.document.chosen,
            is_project=True,
        )
    )


def _told(here: Opened) -> Opened:
    say_catalog_problems(here.catalog)
    return here


def kept(line: FilterLine, here: Opened) -> tuple[Candidate, ...]:
    """The candidates that the filter line keeps.

    Raises:
        InvalidInput: A term asks for a cost and there is no traffic, or a word is in no id.
    """
    candidates = here.shortlist.candidates
    if needs_traffic(line) and not any(candidate.usd_per_request is not None for candidate in candidates):
        raise InvalidInput(
            "nobody can say what a request or a month costs: the traffic is not known",
            fix="Filter by in<0.5 or out$<2 (USD for a million tokens), or answer tokens.* and scale.requests_per_day.",
        )
    if (strange := strange_word(line, candidates)) is not None:
        what, _, near = strange.partition(". ")
        raise InvalidInput(what.rstrip("."), fix=near or "maquette shortlist --help lists the terms.")
    return apply(line, candidates)


def _bare() -> Opened:
    from maquette.catalog.shortlisting import shortlist
    from maquette.catalogs import load_catalog

    catalog, today = load_catalog(), datetime.now().astimezone().date()
    return Opened(
        catalog=catalog,
        shortlist=shortlist(catalog, {}, today=today),
        facts={},
        today=today,
        chosen=(),
        is_project=False,
    )
