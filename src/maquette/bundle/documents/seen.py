"""What the documents are made from: the project's values, who plays which role, the gateway's policy, the facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway import GatewayPolicy
from maquette.bundle.inputs import BundleInputs, RoleModel
from maquette.bundle.serving import ServedModel


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """Everything that a document may read. A missing value is None or empty: the document then says so.

    Attributes:
        constants: What ``[constants]`` of the documents' template.toml holds: dated facts of no project.
    """

    inputs: BundleInputs
    roles: tuple[RoleModel, ...]
    policy: GatewayPolicy | None
    facts: FactSheet
    served: tuple[ServedModel, ...]
    constants: Mapping[str, Any] = field(default_factory=dict)
