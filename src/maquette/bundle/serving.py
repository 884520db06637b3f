"""How the open models of a bundle are served: the settings of their sizing, each with the load that they rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maquette.bundle.figures import Figure, estimated
from maquette.bundle.inputs import BundleInputs, RoleModel
from maquette.capacity.setup import Engine, Precision, Setup
from maquette.capacity.sizing import Demand, Sized
from maquette.catalog.attention import KvDtype
from maquette.catalog.cards import Hosting

_SIXTEEN_BIT = frozenset({"bf16", "fp16", "f16"})
_OTHER_MAKERS = ("Apple", "Arc", "Gaudi", "MI", "RX")
"""How the names of accelerators begin that Docker does not hand out as NVIDIA's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedModel:
    """A role's model with what its sizing says; the other fields as in `ServingPlan`."""

    role: RoleModel
    sized: Sized
    load: str
    owned: int | None
    demand: Demand | None = None
    rented: Sized | None = None

    @property
    def composed(self) -> bool:
        """Whether a Compose file can start a replica: vLLM on NVIDIA accelerators, from open weights."""
        setup, card = self.sized.setup, self.role.card
        open_weights = card is not None and card.hosting is Hosting.OPEN_WEIGHTS
        other = setup.accelerator.name.startswith(_OTHER_MAKERS)
        return open_weights and setup.engine is Engine.VLLM and not other


def served_models(inputs: BundleInputs, roles: tuple[RoleModel, ...]) -> tuple[ServedModel, ...]:
    """The roles whose model was sized."""
    found = ((role, inputs.serving.get(role.card.id)) for role in roles if role.card is not None)
    return tuple(
        ServedModel(
            role=role, sized=plan.sized, load=plan.load, owned=plan.owned, demand=plan.demand, rented=plan.rented
        )
        for role, plan in found
        if plan is not None
    )


FIRST_PORT = 8000
HOST_GPUS = 8
"""Accelerators of a host, as the makers' servers have them; another number changes the hosts' profiles only."""


def serving_view(served: tuple[ServedModel, ...], *, lanes: bool = False) -> list[dict[str, Any]]:
    """Each sized model as plain data: machines, settings with their origin, and what a Compose file needs.

    With ``lanes`` what may wait shares the replicas, and the engine takes requests by their priority.
    """
    taken = _Taken()
    made = [{**_view(one), "lanes": lanes, "instances": taken.instances(one) if one.composed else []} for one in served]
    return [{**one, "several_hosts": taken.gpu > HOST_GPUS} for one in made]


class _Taken:
    """Accelerators and ports that are given out, so that no two replicas of the bundle share one."""

    def __init__(self) -> None:
        self.gpu, self.port = 0, FIRST_PORT

    def instances(self, one: ServedModel) -> list[dict[str, Any]]:
        """Every replica, spares among them, with the host's profile, its accelerators and its port."""
        return [self._next(place, one.sized.setup.gpus) for place in range(1, one.sized.replicas + one.sized.spare + 1)]

    def _next(self, place: int, gpus: int) -> dict[str, Any]:
        if self.gpu % HOST_GPUS + gpus > HOST_GPUS:
            self.gpu += HOST_GPUS - self.gpu % HOST_GPUS
        host, first = divmod(self.gpu, HOST_GPUS)
        found = {"number": place, "host": f"host-{host + 1}", "port": self.port,
                 "devices": [str(first + one) for one in range(min(gpus, HOST_GPUS))]}  # fmt: skip
        self.gpu, self.port = self.gpu + gpus, self.port + 1
        return found


def weights_variable(role: RoleModel) -> str:
    """The environment variable that holds the folder of the weights."""
    return f"{role.role.upper()}_WEIGHTS"


def key_variable(role: RoleModel) -> str:
    """The environment variable that holds the key that the server asks for."""
    return f"{role.role.upper()}_API_KEY"


def _view(one: ServedModel) -> dict[str, Any]:
    sized, settings, setup = one.sized, one.sized.settings, one.sized.setup
    return {
        "role": one.role.role,
        "model": one.role.model,
        "name": one.role.card.id if one.role.card else one.role.model,
        "engine": setup.engine.value,
        "composed": one.composed,
        "load": one.load,
        "replica": _replica(one),
        "replicas": sized.replicas,
        "spare": sized.spare,
        "machines": _machines(one),
        "gpus": setup.gpus,
        "accelerator": setup.accelerator.name,
        "max_model_len": settings.max_model_len,
        "max_num_seqs": settings.max_num_seqs,
        "tensor_parallel": settings.tensor_parallel,
        "quantisation": _quantisation(setup),
        "kv_dtype": "fp8" if setup.kv_dtype is KvDtype.FP8 else "auto",
        "weights": weights_variable(one.role),
        "key": key_variable(one.role),
        "settings": [{"name": name, "figure": figure} for name, figure in _settings(one).items()],
    }


def _replica(one: ServedModel) -> str:
    """What the sizing says of a replica, in a line."""
    sized = one.sized
    return (
        f"{sized.in_flight} requests at once, TTFT {1000 * sized.ttft_s.value:.0f} ms, "
        f"TPOT {1000 * sized.tpot_s.value:.1f} ms, p95 {sized.p95_s:.1f} s; {sized.binds} binds"
    )


def _machines(one: ServedModel) -> Figure:
    sized = one.sized
    text = f"{sized.gpus} x {sized.setup.accelerator.name}" + (f" of your {one.owned}" if one.owned else "")
    more = f", {sized.replicas_low} to {sized.replicas_high} by the 80 % interval of the speed"
    spread = more if sized.replicas_low < sized.replicas_high else ""
    formula = (
        f"sizing for {one.load}: {sized.replicas} replicas{spread}, and {sized.spare} spare, {sized.setup.gpus} each"
    )
    return estimated(text, formula)


def _settings(one: ServedModel) -> Mapping[str, Figure]:
    settings = one.sized.settings
    return {
        "max_model_len": estimated(f"{settings.max_model_len} tokens", "sizing: the longest prompt and its answer"),
        "max_num_seqs": estimated(str(settings.max_num_seqs), f"sizing: {one.sized.binds} binds"),
        "tensor_parallel": estimated(str(settings.tensor_parallel), "sizing: the width that is cheapest"),
        "weights": estimated(settings.precision, "sizing: the numbers that the accelerator and the engine know"),
        "KV cache": estimated(settings.kv_dtype, "sizing: the numbers that the cache was reckoned in"),
    }


def _quantisation(setup: Setup) -> str | None:
    """What the engine is to convert to when it loads; None where the weights are served as they are published."""
    published = setup.card.weights.native_quantisation if setup.card.weights else None
    return "fp8" if setup.precision is Precision.FP8 and published in _SIXTEEN_BIT else None
