"""What a project needs from outside, as protocols. The wiring fills them; nothing here knows with what."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from maquette.analytics import Database
from maquette.bundle.assurance import Assurance
from maquette.bundle.plan import BundlePlan, Renderer, Resolution
from maquette.catalog.cards import Catalog
from maquette.decision.refusing import Uptime
from maquette.evals.calls import Target, TargetSpec
from maquette.evals.dataset import Dataset, Prompt, PromptRenderer
from maquette.evals.metrics.protocol import AnyMetric, Embedder
from maquette.evals.run import MetricSpec
from maquette.evals.runner import Clock
from maquette.evals.trials import RunStore
from maquette.project_document import ProjectFile
from maquette.requirements.questions import QuestionBook
from maquette.rules.report import RuleBook

if TYPE_CHECKING:
    from maquette.bundle.site.model import SiteMaker
    from maquette.catalog.hardware import Host
    from maquette.catalog.providers import Provider
    from maquette.catalog.services import Service
    from maquette.project.sizing import Capacity


class BundleFolder(Protocol):
    """The folder that a bundle is exported to."""

    def present(self, paths: Sequence[str]) -> Mapping[str, str]:
        """The text of those of ``paths`` that exist."""

    def lock(self) -> str | None:
        """The text of maquette.lock, or None."""

    def unfinished(self) -> Mapping[str, frozenset[str]]:
        """Path to the SHA-256 of texts that an interrupted export may have written there."""

    def exported(self, digests: Mapping[str, str]) -> Mapping[str, str]:
        """Path to the text of that SHA-256, of those that earlier exports kept."""

    def write(self, plan: BundlePlan, resolutions: Mapping[str, Resolution]) -> tuple[str, ...]:
        """Write the plan.

        Returns:
            The paths that were written.

        Raises:
            Conflict: A file that the user edited has no resolution.
            Unavailable: The disk is full or read-only.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """Everything outside. The callables load what they stand for on first use and are cheap afterwards.

    Attributes:
        capacity: Predictions drawn by what the project measured, read anew each time. Raises a `Problem` where the
            project's measurements cannot be read.
        roles: The catalog's published lists of models by role, best first.
        replacements: Model that retires to the one that its provider names instead.
        uptimes: Company that runs models to what its agreement promises.
        providers: What providers say of themselves.
        assurance: Threats and regimes for the bundle's documents; none where nobody fills it.
        site: What makes the page of all documents; None where nobody does.
        services: What a design pays beside its models, with prices; none where nobody fills it.
        prompt_changed: Whether a prompt changed and kept its version since this was last asked; it is told once.
    """

    file: ProjectFile
    runs: RunStore
    questions: QuestionBook
    rules: Callable[[], RuleBook]
    catalog: Callable[[Sequence[str]], Catalog]
    hosts: Callable[[], "Sequence[Host]"]
    capacity: Callable[[], "Capacity"]
    read_dataset: Callable[[str], Dataset]
    read_prompt: Callable[[str], Prompt]
    read_json: Callable[[str], Mapping[str, Any]]
    prompts: Callable[[], PromptRenderer]
    open_target: Callable[[TargetSpec], Target]
    identified: Callable[[TargetSpec], TargetSpec]
    open_metric: Callable[[MetricSpec], AnyMetric]
    open_embedder: Callable[[TargetSpec], Embedder]
    prompt_changed: Callable[[Prompt], bool]
    database: Callable[[], AbstractContextManager[Database]]
    bundle_templates: Callable[[], Any]
    renderer: Callable[[], Renderer]
    bundle_folder: Callable[[Path], BundleFolder]
    clock: Clock
    today: Callable[[], date]
    version: str
    services: Callable[[], "Sequence[Service]"] = tuple
    roles: Callable[[], Mapping[str, Sequence[str]]] = dict
    uptimes: Callable[[], Mapping[str, Uptime]] = dict
    providers: "Callable[[], Sequence[Provider]]" = tuple
    assurance: Callable[[], Assurance] = Assurance
    replacements: Callable[[], Mapping[str, str]] = dict
    site: "Callable[[], SiteMaker | None]" = lambda: None
