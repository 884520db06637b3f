"""Alerts on what the project runs itself: model servers, the queue, regions."""

from collections.abc import Callable, Iterator, Mapping

from maquette.bundle.figures import Sentence, clause, estimated
from maquette.bundle.runbooks import promql
from maquette.bundle.runbooks.operating import Operating, on_own_machines
from maquette.bundle.runbooks.values import Alert


def _full(op: Operating) -> Iterator[Alert]:
    most = op.limits["kv_usage"]
    percent = f"{promql.number(most.value * 100)} %"
    yield Alert(
        name="VLLMKVPressure",
        entry="RB-18",
        hold="5m",
        page=False,
        expr=f"max by (instance) (vllm:kv_cache_usage_perc) > {promql.number(most.value)} "
        "and on (instance) sum by (instance) (rate(vllm:num_preemptions_total[5m])) > 0",
        summary="a model server's KV cache is full and requests are thrown back",
        threshold=["more than ", most.figure(percent), " of the KV cache in use while requests are preempted"],
    )


def _lost(op: Operating) -> Iterator[Alert]:
    """One alert a group, for the fallback's machines are not the primary's; nobody to ask counts as nobody there."""
    for role in op.seen.roles:
        if not on_own_machines(role) or role.local:
            continue
        served = next((one for one in op.seen.served if one.role.role == role.role), None)
        whole = 1 if served is None else served.sized.replicas + served.sized.spare
        told: Sentence = [f"no replica of {role.role} answers"]
        if served is not None:
            parts = f"sizing: {served.sized.replicas} that bear the load and {served.sized.spare} spare"
            told = ["fewer than ", estimated(f"{whole} replicas", parts), f" of {role.role} answer"]
        yield Alert(
            name="VLLMReplicaDown",
            entry="RB-19",
            hold="2m",
            page=True,
            expr=f'(sum(up{{job="models",group="{role.role}"}}) or vector(0)) < {whole}',
            summary=f"a replica of {role.role} is lost",
            threshold=told,
        )


def _waiting(op: Operating) -> Iterator[Alert]:
    facts = op.seen.facts
    hours = facts.number("scale.active_hours")
    if op.slots.get("batch_lane") is True and hours is not None:
        window = 24 - hours if hours < 24 else hours
        limit: Sentence = [
            "the oldest job waits longer than ",
            estimated(f"{promql.number(window)} h", "24 - scale.active_hours"),
        ]
        seconds = promql.number(window * 3600)
    else:
        p95 = facts.number("latency.p95_ms")
        most = op.limits["queue_wait_s"]
        seconds = promql.number(most.value if p95 is None else p95 / 1000)
        shown = facts.figure("latency.p95_ms") or most.figure(f"{seconds} s")
        limit = ["the oldest request waits longer than ", shown]
    yield Alert(
        name="LLMQueueDrain",
        entry="RB-20",
        hold="5m",
        page=False,
        expr=f"max(app_queue_oldest_seconds) > {seconds}",
        summary="the queue is not emptied in time",
        threshold=limit,
    )


def _region(op: Operating) -> Iterator[Alert]:
    yield Alert(
        name="RegionDown",
        entry="RB-25",
        hold="2m",
        page=True,
        expr="min by (region) (app_region_up) == 0",
        summary="the health check of a region fails",
        threshold=clause(
            "one of ", estimated(f"{op.slots.get('regions')} regions", "decided slot regions"), " is not healthy"
        ),
    )


def _unread(op: Operating) -> Iterator[Alert]:
    """Nothing is silent because nothing is read."""
    jobs = {"gateway": "LLMGatewayUnread", "application": "LLMApplicationUnread"}
    for job, name in jobs.items():
        yield Alert(
            name=name,
            entry="RB-28",
            hold="5m",
            page=job == "gateway",
            expr=f'absent(up{{job="{job}"}} == 1)',
            summary=f"Prometheus reads no metrics of the {job}",
            threshold=[f"no instance of the {job} of {op.seen.inputs.document} is read"],
        )


MACHINE_ALERTS: Mapping[str, Callable[[Operating], Iterator[Alert]]] = {
    "RB-18": _full,
    "RB-19": _lost,
    "RB-20": _waiting,
    "RB-25": _region,
    "RB-28": _unread,
}
