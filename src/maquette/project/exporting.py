"""From a view to the plan of its bundle. Nothing is written here."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from maquette.bundle.building import bundle_files
from maquette.bundle.inputs import BundleInputs
from maquette.bundle.lock import Lock
from maquette.bundle.plan import BundlePlan, FileSpec, Tracing
from maquette.bundle.planning import Comparison, History, wanted_paths
from maquette.bundle.selecting import select
from maquette.bundle.site.model import Site, SiteMaker, site_of
from maquette.bundle.site.standing import Standing
from maquette.catalog.scorecard import scorecard
from maquette.decision.record import records
from maquette.project.document_costs import document_costs, document_index, document_training
from maquette.project.graded_answers import graded_answers
from maquette.project.paired_models import paired_models
from maquette.project.ports import Ports
from maquette.project.view import View


def plan_export(
    view: View,
    ports: Ports,
    *,
    folder: Path,
    out: str,
    lock: Lock | None,
    only: Collection[str] = (),
    traced: bool = False,
) -> BundlePlan:
    """What an export to ``folder`` would write, file by file; the page shows the documents as they then stand.

    ``only`` names artifacts, top folders or paths, and nothing means everything; ``traced`` tells each line's origin.

    Raises:
        NotFound: One of ``only`` is no part of the bundle.
    """
    inputs, maker = bundle_inputs(view, ports), ports.site()
    rendered = _rendered(inputs, ports, traced=traced, site=maker)
    selection = select(rendered, only, lock)
    compared = replace(_compared(rendered, view, ports, folder=folder, out=out, lock=lock), others=selection.others)
    return Standing(inputs=inputs, rendered=rendered, comparison=compared, site=maker).plan(selection.files)


def render_files(view: View, ports: Ports, *, only: Collection[str] = ()) -> tuple[FileSpec, ...]:
    """The files as a fresh export would write them.

    Raises:
        NotFound: One of ``only`` is no part of the bundle.
    """
    return select(_rendered(bundle_inputs(view, ports), ports, site=ports.site()), only, None).files


def render_site(
    view: View, ports: Ports, *, folder: Path, out: str, lock: Lock | None, only: Collection[str] = ()
) -> Site:
    """The documents for a book of them, as they would stand behind an export to ``folder``.

    Raises:
        NotFound: One of ``only`` is no part of the bundle.
    """
    inputs = bundle_inputs(view, ports)
    rendered = _rendered(inputs, ports)
    chosen = {spec.path for spec in select(rendered, only, None).files}
    compared = _compared(rendered, view, ports, folder=folder, out=out, lock=lock)
    texts = Standing(inputs=inputs, rendered=rendered, comparison=compared).texts(compared.plan(rendered), {})
    return site_of(inputs, [spec for spec in texts if spec.path in chosen])


def _rendered(
    inputs: BundleInputs, ports: Ports, *, traced: bool = False, site: SiteMaker | None = None
) -> tuple[FileSpec, ...]:
    renderer = Tracing(ports.renderer()) if traced else ports.renderer()
    return bundle_files(inputs, templates=ports.bundle_templates(), renderer=renderer, site=site)


def _compared(
    rendered: Sequence[FileSpec], view: View, ports: Ports, *, folder: Path, out: str, lock: Lock | None
) -> Comparison:
    """What is in the folder and what earlier exports wrote there."""
    target = ports.bundle_folder(folder)
    history = History(exported=target.exported(lock.files if lock else {}), unfinished=target.unfinished())
    present = target.present(wanted_paths(rendered, lock, history))
    return Comparison(present=present, lock=lock, out=out, computed_from=view.bundle_basis, history=history)


def bundle_inputs(view: View, ports: Ports, *, with_costs: bool = True) -> BundleInputs:
    """Every stage's value as it stands; what is not there is None, and the documents say so.

    ``with_costs``: whether the cost is drawn and solved too, which takes most of the time.
    """
    return BundleInputs(
        document=view.name,
        requirements=view.document.requirements,
        book=ports.questions,
        shortlist=view.shortlist,
        run=view.current_run,
        projection=view.projection if view.cost_options else None,
        decision=view.decision,
        records=records(view.decision, facts=view.rule_facts, questions=ports.questions),
        targets=view.targets,
        today=ports.today(),
        maquette_version=ports.version,
        computed_from=view.bundle_basis,
        serving=view.serving,
        paired=paired_models(view),
        costs=document_costs(view, ports.questions) if with_costs else None,
        index=document_index(view),
        training=document_training(view, ports),
        uptimes=ports.uptimes(),
        providers=scorecard(
            view.shortlist,
            ports.providers(),
            view.facts,
            today=view.catalog.prices_as_of,
            chosen=view.document.chosen,
        ),
        assurance=ports.assurance(),
        prompt=view.document.evaluation.prompt,
        launch=view.document.cost.launch,
        graded=graded_answers(view),
    )
