"""From a view to the plan of its bundle. Nothing is written here."""

from collections.abc import Collection
from pathlib import Path

from maquette.bundle.building import bundle_files
from maquette.bundle.inputs import BundleInputs
from maquette.bundle.lock import Lock
from maquette.bundle.plan import BundlePlan, FileSpec, Tracing
from maquette.bundle.planning import History, plan_bundle, wanted_paths
from maquette.bundle.selecting import select
from maquette.bundle.site.model import Site, site_of
from maquette.decision.record import records
from maquette.project.document_costs import document_costs, document_index
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
    """What an export to ``folder`` would write, file by file.

    ``only`` names artifacts, top folders or paths, and nothing means everything; ``traced`` tells each line's origin.

    Raises:
        NotFound: One of ``only`` is no part of the bundle.
    """
    selection = select(render_files(view, ports, traced=traced), only, lock)
    target = ports.bundle_folder(folder)
    history = History(exported=target.exported(lock.files if lock else {}), unfinished=target.unfinished())
    present = target.present(wanted_paths(selection.files, lock, history))
    return plan_bundle(
        selection.files,
        present=present,
        lock=lock,
        out=out,
        computed_from=view.bundle_basis,
        history=history,
        others=selection.others,
    )


def render_files(view: View, ports: Ports, *, traced: bool = False) -> tuple[FileSpec, ...]:
    """Every file of the bundle as a fresh export would write it."""
    renderer = Tracing(ports.renderer()) if traced else ports.renderer()
    return bundle_files(
        bundle_inputs(view, ports), templates=ports.bundle_templates(), renderer=renderer, site=ports.site()
    )


def render_site(view: View, ports: Ports, *, only: Collection[str] = ()) -> Site:
    """The documents of a fresh export, for a book of them.

    Raises:
        NotFound: One of ``only`` is no part of the bundle.
    """
    inputs = bundle_inputs(view, ports)
    files = bundle_files(inputs, templates=ports.bundle_templates(), renderer=ports.renderer())
    return site_of(inputs, select(files, only, None).files)


def bundle_inputs(view: View, ports: Ports) -> BundleInputs:
    """Every stage's value as it stands; what is not there is None, and the documents say so."""
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
        costs=document_costs(view, ports.questions),
        index=document_index(view),
        uptimes=ports.uptimes(),
        assurance=ports.assurance(),
        prompt=view.document.evaluation.prompt,
        launch=view.document.cost.launch,
    )
