"""Runbooks of what the project runs itself: model servers, the queue, regions."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from maquette.bundle.documents.slo_objectives import error_ratio
from maquette.bundle.figures import Figure, Sentence, clause, estimated
from maquette.bundle.runbooks.operating import primary_served, server_compose
from maquette.bundle.runbooks.scene import Scene, ask
from maquette.bundle.runbooks.values import Body, Step
from maquette.foundation.units import readable_count

_GPU = "nvidia-smi --query-gpu=index,name,memory.used,memory.total,utilization.gpu --format=csv"


_PROMETHEUS = "http://127.0.0.1:9090"


def _sized(scene: Scene) -> Sentence:
    served = primary_served(scene.op.seen)
    if served is None:
        return []
    settings = served.sized.settings
    formula = f"sizing for {served.load}"
    return [
        "A replica is sized for ",
        estimated(f"{settings.max_num_seqs} requests at once", formula),
        " of up to ",
        estimated(f"{readable_count(settings.max_model_len)} tokens", formula),
        f"; {served.sized.replicas} bear the load, {served.sized.spare} spare.",
    ]


def kv(scene: Scene) -> Body:
    """RB-18."""
    at_once = scene.fact("derived.concurrency_peak")
    fewer = scene.limit("fewer_at_once", "%", percent=True)
    return Body(
        impact=(
            *scene.usual(),
            clause("At the peak ", at_once, " are in flight; a preempted one begins again and waits longer."),
            _sized(scene),
        ),
        diagnose=tuple(_crowded(scene)),
        mitigate=(
            Step(text=["Hold the overnight lane back: it takes the same cards."])
            if _overnight(scene)
            else Step(text=["Queue in the application instead of on the card."]),
            Step(text=["Lower `--max-num-seqs` of one replica by ", fewer, " and start it again; then the next."]),
            *scene.swap(),
        ),
        verify=scene.look(["Preemptions of ten minutes."], "sum(increase(vllm:num_preemptions_total[10m]))", ["`0`"]),
        undo=(["Set `--max-num-seqs` back to the sizing's value."], scene.back()),
        keep=["KV use, waiting and running requests of the hour, and the longest inputs."],
    )


def _overnight(scene: Scene) -> bool:
    return scene.op.slots.get("batch_lane") is True


def _crowded(scene: Scene) -> Iterator[Step]:
    yield from scene.watch("VLLMKVPressure")
    yield scene.look(
        ["Who waits."],
        "sum by (instance) (vllm:num_requests_waiting)",
        ["`0`"],
        [f"All replicas: the load has grown. One: it is ill{scene.see('RB-19')}."],
    )
    yield scene.look(
        ["How long inputs are."],
        "sum(rate(vllm:prompt_tokens_total[10m])) / sum(rate(vllm:request_success_total[10m]))",
        _or(scene.fact("tokens.input_avg"), "as planned"),
        ["Longer: the sizing no longer holds."],
    )
    server = server_compose(scene.op.seen)
    yield Step(
        text=["Is it out of memory rather than full?"],
        command=f"{server} logs --since 30m | grep -ci 'out of memory'" if server else _GPU,
        healthy=["`0`"] if server else ["no card above the share given to the engine"],
    )


def _or(found: Figure | None, words: str) -> Sentence:
    return [words] if found is None else [found]


def lost(scene: Scene) -> Body:
    """RB-19."""
    within = scene.fact("availability.rto_min")
    held = "Hold back what may wait until it answers." if _overnight(scene) else _without_room(scene)
    counted = scene.query('sum(up{job="models"})')
    again = "Let the overnight lane run again." if _overnight(scene) else "Take every request again."
    return Body(
        impact=(
            *scene.usual(),
            _left(scene),
            clause("Cards of the project: ", scene.fact("infra.gpu_available"), "; recovery within ", within, "."),
        ),
        diagnose=tuple(_on_the_node(scene)),
        mitigate=(_start(scene), Step(text=[held]), *scene.swap()),
        verify=Step(
            text=["The group answers, and Prometheus counts every replica."],
            command="\n".join(one for one in (ask("primary"), counted) if one),
            healthy=["`200`"],
        ),
        undo=(scene.back(), [again]),
        keep=["`dmesg` and the server's log of the node, and how long the replica was gone."],
    )


def _without_room(scene: Scene) -> str:
    if scene.op.slots.get("queue") is True:
        return "Put requests that may wait into the queue until it answers."
    return "Refuse what the others cannot bear, with a message that says when to ask again."


def _left(scene: Scene) -> Sentence:
    """What one replica is of all, where there are several."""
    served = primary_served(scene.op.seen)
    whole = served.sized.replicas + served.sized.spare if served else 0
    if served is None or whole < 2:
        return []
    share = estimated(f"{Decimal(100) / whole:.0f} % of the capacity", f"1 / {whole} replicas")
    return ["One lost replica is ", share, f"; {served.sized.spare} of them is spare."]


def _on_the_node(scene: Scene) -> Iterator[Step]:
    yield from scene.watch("VLLMReplicaDown")
    yield Step(
        text=["On the node: do the cards answer?"],
        command=_GPU,
        healthy=clause("each of them, with ", scene.fact("infra.gpu_vram_gb")) or ["each of them"],
        branches=(["An error or a missing card: the node is lost; `dmesg` names the fault in a line with Xid."],),
    )
    yield Step(
        text=["Does the server start?"],
        command="curl -s -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:8000/health",
        healthy=["`200`"],
        branches=(["No connection: read the server's log; loading the weights takes minutes."],),
    )


def _start(scene: Scene) -> Step:
    server = server_compose(scene.op.seen)
    if server is not None:
        return Step(text=["Start the replica again."], command=f"{server} restart primary-model-1")
    return Step(text=[f"Start the model server of {scene.primary} again: this bundle does not start it."])


def waiting(scene: Scene) -> Body:
    """RB-20: the night's work is not done when people come back, or what waits by day waits too long."""
    if not _overnight(scene):
        return _waiting_by_day(scene)
    peak = scene.impact["peak_per_min"]
    first = (
        "Interactive requests first: set the overnight lane's share of the models to none until they are quick again."
    )
    return Body(
        impact=(
            _jobs(scene),
            clause("At the change of shift people ask again, at up to ", peak, ", on the same models."),
        ),
        diagnose=tuple(_behind(scene)),
        mitigate=(
            Step(text=[first]),
            Step(text=["Tell who waits for the rest when it will be done: jobs left over the rate above."]),
            Step(text=["Move dead letters aside; never throw them away."]),
        ),
        verify=scene.look(
            ["The oldest job's age in seconds."],
            "max(app_queue_oldest_seconds)",
            ["falling, and within the limit above"],
        ),
        undo=(["Give the overnight lane its share back in the evening."],),
        keep=["Depth and rate by hour of the night, and why the first job failed."],
    )


def _waiting_by_day(scene: Scene) -> Body:
    """The queue of requests that may wait, without a lane of the night."""
    return Body(
        impact=scene.usual(),
        diagnose=tuple(_behind(scene)),
        mitigate=(
            Step(text=["Take nothing new into the queue; say so to whoever asks, and when to ask again."]),
            Step(text=["Move dead letters aside; never throw them away."]),
            *scene.swap(),
        ),
        verify=scene.look(
            ["The oldest request's age in seconds."],
            "max(app_queue_oldest_seconds)",
            ["falling, and within the limit above"],
        ),
        undo=(["Take requests into the queue again."], scene.back()),
        keep=["Depth and rate of the hour, and why the first request failed."],
    )


def _jobs(scene: Scene) -> Sentence:
    """A day's jobs and how fast the night must work them off."""
    number = scene.op.seen.facts.number
    daily, share, hours = number("scale.requests_per_day"), number("scale.async_share"), number("scale.active_hours")
    rate = _night_rate(scene)
    if not daily or not share or hours is None or rate is None:
        return []
    count, window = daily * share, 24 - hours
    return [
        "A day's jobs: ",
        estimated(readable_count(count), "scale.requests_per_day x scale.async_share"),
        " in ",
        estimated(f"{window} h", "24 - scale.active_hours"),
        ", that is ",
        rate,
        ".",
    ]


def _night_rate(scene: Scene) -> Figure | None:
    """Jobs a minute that empty the queue by the change of shift; None without a night."""
    number = scene.op.seen.facts.number
    daily, share, hours = number("scale.requests_per_day"), number("scale.async_share"), number("scale.active_hours")
    if not _overnight(scene) or not daily or not share or hours is None or hours >= 24:
        return None
    formula = "scale.requests_per_day x scale.async_share / (60 x (24 - scale.active_hours))"
    return estimated(f"{daily * share / (60 * (24 - hours)):.1f} a minute", formula)


def _behind(scene: Scene) -> Iterator[Step]:
    yield from scene.watch("LLMQueueDrain")
    yield scene.look(
        ["How many wait, by lane."],
        "sum by (lane) (app_queue_depth)",
        ["`0` in the interactive lane at any time, `0` overnight at the change of shift"]
        if _overnight(scene)
        else ["`0` but at the peak"],
    )
    yield scene.look(
        ["How fast they are worked off, a minute."],
        "60 * sum(rate(app_answers_total[15m]))",
        _or(_night_rate(scene) or scene.impact["mean_per_min"], "as planned"),
        ["`0`: the worker stands still. Slow: the models are full."],
    )
    yield scene.look(["Jobs that failed for good."], "sum(app_dead_letter_depth)", ["`0`"])


def region(scene: Scene) -> Body:
    """RB-25."""
    within, where = scene.fact("availability.rto_min"), scene.fact("data.residency")
    share, wait = scene.limit("return_share", "% of the traffic", percent=True), scene.limit("return_min", "min")
    healthy = "Send all traffic to the healthy region as 16-dr.md says; its limits must bear "
    return Body(
        impact=(*scene.usual(), clause("Recovery within ", within, "; data must stay in ", where, ".")),
        diagnose=(
            scene.look(["Which region."], "min by (region) (app_region_up)", ["`1` for each"]),
            Step(
                text=["Ask the gateway of each region."],
                command=ask("primary"),
                healthy=["`200`"],
                branches=(["The gateway answers and the check fails: the check is at fault, do not move traffic."],),
            ),
        ),
        mitigate=(
            Step(text=[healthy, _peak(scene), "."]),
            Step(text=["Stop releases until both regions serve again."]),
        ),
        verify=scene.look(
            ["Failed share of the healthy region."],
            error_ratio("5m"),
            clause("within ", scene.fact("availability.target")),
        ),
        undo=(["Move ", share, " back, wait ", wait, ", then the rest."],),
        keep=["When it was seen, when traffic was moved, and what was lost in between."],
    )


def _peak(scene: Scene) -> str | Figure:
    return scene.impact["peak_per_min"] or "the whole load"


def unread(scene: Scene) -> Body:
    """RB-28: what cannot fire while it lasts, and the list that Prometheus reads."""
    counted = [one for one in scene.fired if "app_" in one.expr]
    blind: Sentence = []
    if counted:
        names = estimated(
            f"{len({one.name for one in counted})} alerts", "alerts of monitoring/alerts.yml on app_ metrics"
        )
        blind = ["Silent while the application is not read: ", names, f", {counted[0].name} among them."]
    targets = f"curl -s '{_PROMETHEUS}/api/v1/targets?state=active'"
    return Body(
        impact=(["While the gateway is not read nobody learns of failures but from users."], blind),
        diagnose=(
            Step(
                text=["What Prometheus reads, and its last error."],
                command=f'{targets} | grep -o \'"lastError":"[^"]*"\'',
                healthy=['`"lastError":""` for each'],
                branches=(["No line for the application: its list is empty."],),
            ),
            Step(text=["Does the gateway run?"], command="docker compose ps gateway", healthy=["`Up`"]),
        ),
        mitigate=(
            Step(
                text=["Name the application's instances."], command="${EDITOR:-vi} monitoring/targets/application.yml"
            ),
            Step(text=["Start the gateway, if it is not running."], command="docker compose up --detach gateway"),
        ),
        verify=scene.look(["Who is read."], "sum by (job) (up)", ["a number above `0` for each job"]),
        undo=(["Nothing: the list of instances stays."],),
        keep=["From when to when nothing was read, for the month's objectives have a gap there."],
    )


MACHINE_BODIES: Mapping[str, Callable[[Scene], Body]] = {
    "RB-18": kv,
    "RB-19": lost,
    "RB-20": waiting,
    "RB-25": region,
    "RB-28": unread,
}
