"""The documents as they will stand once a plan is written: edits kept or merged, everything else as it is rendered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from maquette.bundle.inputs import BundleInputs
from maquette.bundle.lock import LOCK_NAME, Lock, text_digest
from maquette.bundle.plan import BundlePlan, FileSpec, FileState, PlannedFile, Resolution
from maquette.bundle.planning import Comparison
from maquette.bundle.site.model import SITE_PATH, SiteMaker, site_of

_DOCUMENT = ".md"


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What the page of a planned export is made from.

    Attributes:
        rendered: Every file of the bundle, whatever the export chooses of them.
        comparison: What the plan compares with.
    """

    inputs: BundleInputs
    rendered: Sequence[FileSpec]
    comparison: Comparison
    site: SiteMaker | None = None

    def plan(self, files: Sequence[FileSpec]) -> BundlePlan:
        """The plan for ``files``, whose page shows the documents as they stand behind it."""
        plain = self.comparison.plan(files)

        def answered(said: Mapping[str, Resolution]) -> BundlePlan:
            return replace(self.comparison.plan(self._with_page(files, plain, said)), answered=answered)

        return answered({})

    def texts(self, plan: BundlePlan, said: Mapping[str, Resolution]) -> tuple[FileSpec, ...]:
        """Every file of the bundle; a document that the user edited or that this export leaves alone as it will stand.

        Only documents: a drawing is Maquette's own, because its text is markup in the page.
        """
        planned = {file.spec.path: file for file in plan.files}
        return tuple(
            replace(spec, content=self._text(spec, planned.get(spec.path), said.get(spec.path)))
            if spec.path.endswith(_DOCUMENT)
            else spec
            for spec in self.rendered
        )

    def _text(self, spec: FileSpec, file: PlannedFile | None, said: Resolution | None) -> str:
        """By the answer; without one an edit that fits is merged, and any other one is kept."""
        there = self.comparison.present.get(spec.path, spec.content)
        if file is None:
            return there
        if file.state is not FileState.EDITED or said is Resolution.REPLACE:
            return spec.content
        fits = file.merge is not None and file.merge.clean and said in {None, Resolution.MERGE}
        return file.merge.text if fits and file.merge is not None else there

    def _with_page(
        self, files: Sequence[FileSpec], plan: BundlePlan, said: Mapping[str, Resolution]
    ) -> Sequence[FileSpec]:
        """The files with the page made again where a document differs from its render, and the lock that knows it."""
        if self.site is None or not any(spec.path == SITE_PATH for spec in files):
            return files
        texts = self.texts(plan, said)
        if texts == tuple(self.rendered):
            return files
        page = self.site(site_of(self.inputs, texts))
        return [_knowing(spec, page) for spec in files]


def _knowing(spec: FileSpec, page: str) -> FileSpec:
    if spec.path == SITE_PATH:
        return replace(spec, content=page)
    if spec.path != LOCK_NAME:
        return spec
    lock = Lock.from_text(spec.content)
    known = replace(lock, files={**lock.files, SITE_PATH: text_digest(page)})
    return replace(spec, content=known.as_text())
