"""The command that lets the fallback answer first: groups, other names and chains of config.yaml, changed together."""

from collections.abc import Iterator

from maquette.bundle.gateway.model import GatewayPolicy

CONFIG = "gateway/config.yaml"


def swap_command(policy: GatewayPolicy) -> str:
    """A call of sed after which every request goes to the fallback's model first and to the primary's behind it.

    The groups change places; other names and tiers that led to either lead to the group that now answers first.
    """
    edits = " ".join(f"-e '{one}'" for one in _edits(policy))
    return f"sed -i -E {edits} {CONFIG}"


def _edits(policy: GatewayPolicy) -> Iterator[str]:
    for old, new in (("primary", "other"), ("fallback", "primary"), ("other", "fallback")):
        yield rf"s/(model_name: ){old}$/\1{new}/"
    if policy.larger_context:
        yield r"/^  context_window_fallbacks:/,+1s/primary: \[fallback\]/fallback: [primary]/"
    routing = policy.routing
    if routing is None:
        return
    moved = [name for name, group in routing.aliases.items() if group == "fallback"]
    if moved:
        yield r"/^  model_group_alias:/,/^  [^ ]/s/: fallback$/: primary/"
        yield rf"s/^(    - ({'|'.join(moved)}): )\[primary\]/\1[fallback]/"
    if routing.auto is not None:
        yield r"s/(complexity_router_default_model: )fallback$/\1primary/"
        yield r"/complexity_router_config:/,/tier_boundaries:/s/: fallback$/: primary/"
