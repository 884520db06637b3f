"""The only place that knows which adapter fills which protocol."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from time import monotonic
from typing import Any

from maquette import project as view_model
from maquette.adapters import project_files, recent_projects
from maquette.adapters.bundle_files import BundleFolder
from maquette.adapters.datasets import read_dataset
from maquette.adapters.json_files import read_json
from maquette.adapters.prompts import JinjaPrompts, read_prompt
from maquette.adapters.question_files import load_questions
from maquette.adapters.rule_files import load_fact_kinds, load_rules
from maquette.adapters.trial_logs import FileRunStore
from maquette.analytics import Database
from maquette.bundle.plan import Renderer
from maquette.bundle.templates import TemplateSet
from maquette.catalogs import load_hosts, project_catalog
from maquette.evals.registry import open_metric, open_target
from maquette.foundation.problems import NotFound, Place
from maquette.foundation.shipped import shipped
from maquette.project.ports import Ports
from maquette.project_document import PROJECT_FILE
from maquette.requirements.questions import QuestionBook
from maquette.rules.report import RuleBook


class Project(view_model.Project):
    """A project folder, opened with everything that ships."""

    @classmethod
    def open(cls, folder: str | Path) -> "Project":
        """Open the project in ``folder``.

        Raises:
            NotFound: There is no maquette.yaml in it.
            SeveralProblems: The file is wrong; every error is in it.
        """
        path = Path(folder)
        if not (path / PROJECT_FILE).exists():
            raise NotFound(
                f"there is no {PROJECT_FILE} here",
                place=Place(file=str(path)),
                fix="Make a project (maquette new DIR), or name its folder (--project DIR).",
            )
        project = cls(ports_for(path))
        recent_projects.remember(path)
        return project


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return monotonic()


def ports_for(folder: Path) -> Ports:
    """Every protocol of a project, filled for ``folder``."""
    return Ports(
        file=project_files.YamlProjectFile(folder / PROJECT_FILE, book=_questions(), fact_kinds=_fact_kinds()),
        runs=FileRunStore(folder / ".maquette" / "runs"),
        questions=_questions(),
        rules=_rules,
        catalog=partial(project_catalog, folder),
        hosts=partial(load_hosts, folder),
        read_dataset=lambda name: _dataset(folder, name),
        read_prompt=lambda name: read_prompt(folder / name, name=name),
        read_json=lambda name: read_json(folder / name, name=name),
        prompts=JinjaPrompts,
        open_target=partial(open_target, folder=folder),
        open_metric=open_metric,
        database=lambda: _database(folder),
        bundle_templates=_templates,
        renderer=_renderer,
        bundle_folder=BundleFolder,
        clock=SystemClock(),
        today=date.today,
        version=_version(),
    )


def new_project(folder: Path, *, source: Path | None = None, extra: Mapping[str, Any] | None = None) -> Path:
    """Make a project folder; returns the path of its maquette.yaml.

    Args:
        folder: Made if it is not there.
        source: A YAML file with ``requirements:`` and perhaps ``design_facts:``.
        extra: Further top-level keys of maquette.yaml.

    Raises:
        Conflict: The folder is a project already.
        InvalidInput, SeveralProblems: The source is wrong.
    """
    book, fact_kinds = _questions(), _fact_kinds()
    requirements: Mapping[str, Any] = {}
    design_facts: Mapping[str, Any] = {}
    if source is not None:
        requirements, design_facts = project_files.requirements_from(source, book=book, fact_kinds=fact_kinds)
    return project_files.new_project(
        folder,
        name=_name_in(requirements) or folder.resolve().name,
        requirements=requirements,
        design_facts=design_facts,
        extra=extra or {},
        book=book,
        fact_kinds=fact_kinds,
    )


def _name_in(requirements: Mapping[str, Any]) -> str | None:
    project = requirements.get("project")
    return project.get("name") if isinstance(project, Mapping) else None


@cache
def _questions() -> QuestionBook:
    return load_questions()


@cache
def _fact_kinds() -> dict[str, str]:
    return load_fact_kinds()


@cache
def _rules() -> RuleBook:
    return load_rules(_questions())


_datasets: dict[tuple[str, int, int], Any] = {}


def _dataset(folder: Path, name: str) -> Any:
    """The examples, read again only when the file changed."""
    path = folder / name
    try:
        stat = path.stat()
    except OSError:
        return read_dataset(path, name=name)
    key = (str(path.resolve()), stat.st_mtime_ns, stat.st_size)
    if key not in _datasets:
        _datasets.clear()
        _datasets[key] = read_dataset(path, name=name)
    return _datasets[key]


def _database(folder: Path) -> AbstractContextManager[Database]:
    return Database.over(folder)


@cache
def _templates() -> TemplateSet:
    from maquette.adapters.templates import load_templates

    return load_templates(shipped("templates"))


@cache
def _renderer() -> Renderer:
    from maquette.adapters.templates import JinjaRenderer

    return JinjaRenderer(shipped("templates"))


def _version() -> str:
    import maquette

    return maquette.__version__
