"""The gateway's policy as values: deployments, limits, routing, caching, keys, each with its reason.

Nothing is in it that nobody required, measured or decided. How LiteLLM spells it is the template's affair.
"""

from maquette.bundle.gateway.credentials import Credential
from maquette.bundle.gateway.deployments import Deployment
from maquette.bundle.gateway.model import Entry, GatewayPolicy, Setting
from maquette.bundle.gateway.policy import gateway_policy

__all__ = ["Credential", "Deployment", "Entry", "GatewayPolicy", "Setting", "gateway_policy"]
