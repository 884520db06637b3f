"""The only place that knows which adapter fills which protocol."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from maquette import project as view_model
from maquette.adapters import project_files, recent_projects
from maquette.adapters.bundle_files import BundleFolder
from maquette.adapters.datasets import find_image, read_dataset
from maquette.adapters.json_files import read_json
from maquette.adapters.prompts import JinjaPrompts, read_prompt
from maquette.adapters.question_files import load_questions
from maquette.adapters.rule_files import load_fact_kinds, load_rules
from maquette.adapters.trial_logs import FileRunStore
from maquette.analytics import Database
from maquette.bundle.plan import Renderer
from maquette.catalogs import load_hosts, project_catalog
from maquette.evals.calls import MODEL_FILE_ADAPTER, Target, TargetSpec
from maquette.evals.dataset import Dataset, Prompt
from maquette.evals.metrics.protocol import Embedder
from maquette.evals.registry import open_metric, open_target
from maquette.foundation.problems import InvalidInput, NotFound, Place
from maquette.project.ports import Ports
from maquette.project_document import PROJECT_FILE, ProjectFile
from maquette.requirements.questions import QuestionBook
from maquette.rules.report import RuleBook

if TYPE_CHECKING:
    from maquette.adapters.templates import LoadedTemplates, TemplateSource
    from maquette.bundle.assurance import Assurance
    from maquette.bundle.site.model import Site, SiteMaker
    from maquette.catalog.providers import Provider
    from maquette.catalog.services import Service
    from maquette.decision.refusing import Uptime
    from maquette.project.sizing import Capacity


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

    def render_site(self, out: str | None = None, *, only: Sequence[str] = ()) -> "Site":
        """The documents with their cover, for a book: as they would stand behind an export to ``out``, edits and all.

        Raises:
            NotFound: One of ``only`` is no part of the bundle.
        """
        from maquette.project.exporting import render_site

        target = out or self._document.out
        return render_site(
            self._view,
            self._ports,
            folder=self.folder / target,
            out=target,
            lock=self._exported_lock(target),
            only=only,
        )


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
    file = project_files.YamlProjectFile(
        folder / PROJECT_FILE, book=_questions(), fact_kinds=_fact_kinds(), rules=_rules
    )
    return Ports(
        file=file,
        runs=FileRunStore(folder / ".maquette" / "runs"),
        questions=_questions(),
        rules=_rules,
        catalog=partial(project_catalog, folder),
        hosts=partial(load_hosts, folder),
        capacity=partial(_capacity, folder),
        read_dataset=lambda name: _dataset(folder, name),
        read_prompt=lambda name: read_prompt(folder / name, name=name, find_image=find_image),
        read_json=lambda name: read_json(folder / name, name=name),
        prompts=JinjaPrompts,
        open_target=partial(opened_target, folder=folder),
        identified=partial(identified, folder=folder),
        open_metric=open_metric,
        open_embedder=opened_embedder,
        prompt_changed=partial(_prompt_changed, folder / ".maquette"),
        database=lambda: _database(folder),
        bundle_templates=lambda: _templates(file).templates,
        renderer=partial(_renderer, file),
        bundle_folder=partial(BundleFolder, private=folder / ".maquette"),
        clock=SystemClock(),
        today=date.today,
        version=_version(),
        services=_services,
        roles=_published_roles,
        uptimes=_uptimes,
        providers=_providers,
        assurance=_assurance,
        replacements=_replacements,
        site=_site,
    )


def _services() -> "Sequence[Service]":
    from maquette.adapters.service_files import load_services

    return load_services()


def _capacity(folder: Path) -> "Capacity":
    """Predictions with the shipped constants, drawn towards what the project's capacity.json holds.

    Raises:
        InvalidInput: The file is broken.
    """
    from maquette.adapters.engine_files import load_calibration
    from maquette.adapters.factor_files import FACTORS_FILE, read_factors
    from maquette.capacity.memory import room_for_sequences
    from maquette.capacity.predicting import predict
    from maquette.catalogs import load_accelerators
    from maquette.project.sizing import Capacity

    state = _state_of(folder / FACTORS_FILE)
    calibration, factors, accelerators = load_calibration(), read_factors(folder), load_accelerators(folder)
    return Capacity(
        accelerators=accelerators,
        predict=lambda setup, load: factors.apply(predict(setup, load, calibration)),
        room=room_for_sequences,
        key=(state, accelerators),
    )


def opened_embedder(spec: TargetSpec) -> Embedder:
    """The embedding model that a spec names; a server's own name for it is told apart from a provider's."""
    from maquette.adapters.embeddings import open_embedder

    if spec.adapter == "openai" and spec.base_url is not None:
        spec = replace(spec, model=f"openai/{spec.model}")
    return open_embedder(spec)


def _prompt_changed(private_folder: Path, prompt: Prompt) -> bool:
    from maquette.adapters.prompts.versions import changed_without_version

    return changed_without_version(prompt, private_folder=private_folder)


def identified(spec: TargetSpec, *, folder: Path) -> TargetSpec:
    """The spec with the digest of its model file: another file of the same name is another model."""
    if spec.adapter != MODEL_FILE_ADAPTER:
        return spec
    from maquette.adapters.gguf_files import content_digest

    return replace(spec, digest=content_digest(folder / spec.model))


def opened_target(spec: TargetSpec, *, folder: Path) -> Target:
    """The target that a spec describes; a model file gets as many layers on an accelerator as its free memory takes.

    Raises:
        InvalidInput: No adapter of that name, or a setting is wrong.
    """
    if spec.adapter == MODEL_FILE_ADAPTER and spec.options.get("gpu_layers", "auto") == "auto":
        spec = replace(spec, options={**spec.options, "gpu_layers": _gpu_layers(spec, folder / spec.model)})
    return open_target(spec, folder=folder)


def _gpu_layers(spec: TargetSpec, path: Path) -> int:
    """How many layers fit; 0 without an accelerator, or where the file does not say what it takes."""
    from maquette.adapters.gguf_files import read_sizes
    from maquette.adapters.llama_cpp import CONTEXT_TOK
    from maquette.adapters.machine import free_accelerator_bytes
    from maquette.catalog.offload import gpu_layers

    free_bytes, context_tok = free_accelerator_bytes(), spec.options.get("context_tok", CONTEXT_TOK)
    if not free_bytes or not isinstance(context_tok, int) or not path.is_file():
        return 0
    try:
        sizes = read_sizes(path, context_tok=context_tok)
    except InvalidInput:
        # The engine says what is wrong with the file when it loads it.
        return 0
    if sizes.kv_bytes is None:
        return 0
    return gpu_layers(sizes.layer_bytes, sizes.output_bytes, sizes.kv_bytes, free_bytes)


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


@cache
def _published_roles() -> dict[str, tuple[str, ...]]:
    from maquette.adapters.knowledge_files import load_roles

    return {role.name: role.candidates for role in load_roles().roles}


@cache
def _replacements() -> dict[str, str]:
    from maquette.adapters.knowledge_files import load_providers

    gone = (each for provider in load_providers() for each in provider.retired)
    return {name: each.replacement for each in gone if each.replacement is not None for name in each.ids}


@cache
def _assurance() -> "Assurance":
    from maquette.adapters.assurance_files import load_assurance

    return load_assurance()


def _providers() -> "Sequence[Provider]":
    from maquette.adapters.knowledge_files import load_providers

    return load_providers()


def _uptimes() -> "dict[str, Uptime]":
    from maquette.adapters.knowledge_files import load_providers
    from maquette.decision.refusing import Uptime

    stated = {provider.name: provider.uptime for provider in load_providers()}
    return {
        name: Uptime(share=uptime.value, source=f"{uptime.source}, {uptime.as_of.isoformat()}")
        for name, uptime in stated.items()
        if uptime is not None
    }


_FileState = tuple[str, int, int]

_datasets: dict[_FileState, tuple[Dataset, tuple[_FileState | None, ...]]] = {}
"""The file's state to its examples, and the state of each of their pictures."""


def _dataset(folder: Path, name: str) -> Dataset:
    """The examples, read again only when the file changed, or a picture of it."""
    path = folder / name
    key = _state_of(path)
    if key is None:
        return read_dataset(path, name=name)
    known = _datasets.get(key)
    if known is None or any(state is None or _state_of(Path(state[0])) != state for state in known[1]):
        _datasets.clear()
        dataset = read_dataset(path, name=name)
        pictures = {image.path for example in dataset.examples for image in example.images if image.path is not None}
        known = _datasets[key] = (dataset, tuple(map(_state_of, pictures)))
    return known[0]


def _state_of(path: Path) -> _FileState | None:
    """Where a file is, when it changed and how long it is; None where it is not there."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return str(path.resolve()), stat.st_mtime_ns, stat.st_size


def _database(folder: Path) -> AbstractContextManager[Database]:
    return Database.over(folder)


def _templates(file: ProjectFile) -> "LoadedTemplates":
    """The installed templates, with the project's own over them.

    Raises:
        InvalidInput: A declaration is wrong, or two sources bring one artifact.
        Unavailable: A plug-in cannot be imported.
    """
    from maquette.adapters.templates import load_sources, project_source

    own = project_source(file.path.parent, file.read().templates)
    return _installed_templates() if own is None else load_sources((*_template_sources(), own))


@cache
def _template_sources() -> "tuple[TemplateSource, ...]":
    from maquette.adapters.templates import installed_sources

    return installed_sources(_version())


@cache
def _installed_templates() -> "LoadedTemplates":
    from maquette.adapters.templates import load_sources

    return load_sources(_template_sources())


@cache
def _site() -> "SiteMaker":
    from maquette.adapters.markdown_documents import make_page

    return make_page


@cache
def _own_renderer() -> Renderer:
    from maquette.adapters.templates import JinjaRenderer

    return JinjaRenderer(_installed_templates().texts)


def _renderer(file: ProjectFile) -> Renderer:
    """In this process for what ships with Maquette; in a limited one as soon as anybody else's template is there."""
    from maquette.adapters.templates import LimitedRenderer

    loaded = _templates(file)
    return _own_renderer() if loaded.trusted else LimitedRenderer(loaded.texts, shown=loaded.shown)


def _version() -> str:
    import maquette

    return maquette.__version__
