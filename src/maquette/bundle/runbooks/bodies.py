"""Which module writes the part of a runbook that is of its failure alone."""

from collections.abc import Callable, Mapping

from maquette.bundle.runbooks.bodies_machines import MACHINE_BODIES
from maquette.bundle.runbooks.bodies_money import MONEY_BODIES
from maquette.bundle.runbooks.bodies_provider import PROVIDER_BODIES
from maquette.bundle.runbooks.bodies_quality import QUALITY_BODIES
from maquette.bundle.runbooks.bodies_safety import SAFETY_BODIES
from maquette.bundle.runbooks.scene import Scene
from maquette.bundle.runbooks.values import Body

BODIES: Mapping[str, Callable[[Scene], Body]] = {
    **PROVIDER_BODIES,
    **MONEY_BODIES,
    **QUALITY_BODIES,
    **SAFETY_BODIES,
    **MACHINE_BODIES,
}
"""A failure's id to what its runbook says."""
