"""What the documents are made from: the project's values, who plays which role, the gateway's policy, the facts."""

from dataclasses import dataclass

from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway import GatewayPolicy
from maquette.bundle.inputs import BundleInputs, RoleModel
from maquette.bundle.serving import ServedModel


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """Everything that a document may read. A missing value is None or empty: the document then says so."""

    inputs: BundleInputs
    roles: tuple[RoleModel, ...]
    policy: GatewayPolicy | None
    facts: FactSheet
    served: tuple[ServedModel, ...]
