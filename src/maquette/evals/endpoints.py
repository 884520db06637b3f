"""Where the targets of a run are asked: targets behind one server share its pace and its circuit breaker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from maquette.evals.breaker import Breaker
from maquette.evals.calls import Target, TargetSpec
from maquette.evals.pacing import Pace
from maquette.evals.run import PACE_OPTIONS
from maquette.foundation.problems import InvalidInput, Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One server or provider."""

    name: str
    pace: Pace
    breaker: Breaker


def endpoint_name(spec: TargetSpec) -> str:
    """The server's address, the provider of LiteLLM's name, or the target itself where it runs in a process here."""
    if spec.base_url is not None:
        return urlsplit(spec.base_url).netloc or spec.base_url
    if spec.adapter == "litellm" and "/" in spec.model:
        return spec.model.partition("/")[0]
    return spec.id


def endpoints_of(
    specs: Sequence[TargetSpec], targets: Sequence[Target], *, now: Callable[[], float]
) -> Mapping[str, Endpoint]:
    """Each target's endpoint, by the target's id. A budget a minute that one target gives holds for its endpoint.

    Raises:
        InvalidInput: A budget is no number above zero.
    """
    spec_of = {spec.id: spec for spec in specs}
    together: dict[str, list[Target]] = {}
    for target in targets:
        together.setdefault(endpoint_name(spec_of[target.id]), []).append(target)
    found = {}
    for name, group in together.items():
        budgets = {option: _least([spec_of[target.id] for target in group], option) for option in PACE_OPTIONS}
        pace = Pace(most=sum(target.concurrency for target in group), now=now, **budgets)
        endpoint = Endpoint(name=name, pace=pace, breaker=Breaker(now=now))
        found.update({target.id: endpoint for target in group})
    return found


def _least(specs: Sequence[TargetSpec], option: str) -> float | None:
    given = [_number(spec, option) for spec in specs if option in spec.options]
    return min(given) if given else None


def _number(spec: TargetSpec, option: str) -> float:
    value = spec.options[option]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise InvalidInput(
            f"{option} is {value!r}",
            place=Place(field=f"models.targets.{spec.id}.options"),
            fix="Use a number above 0, as the provider's limits page says it.",
        )
    return float(value)
