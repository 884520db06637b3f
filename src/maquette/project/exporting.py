"""From a view to the plan of its bundle. Nothing is written here."""

from pathlib import Path

from maquette.bundle.building import bundle_files
from maquette.bundle.inputs import BundleInputs
from maquette.bundle.lock import Lock
from maquette.bundle.plan import BundlePlan
from maquette.bundle.planning import plan_bundle, wanted_paths
from maquette.decision.record import records
from maquette.project.ports import Ports
from maquette.project.view import View


def plan_export(view: View, ports: Ports, *, folder: Path, out: str, lock: Lock | None) -> BundlePlan:
    """What an export to ``folder`` would write, file by file."""
    files = bundle_files(bundle_inputs(view, ports), templates=ports.bundle_templates(), renderer=ports.renderer())
    present = ports.bundle_folder(folder).present(wanted_paths(files, lock))
    return plan_bundle(files, present=present, lock=lock, out=out, computed_from=view.bundle_basis)


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
    )
