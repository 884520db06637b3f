"""Runbooks of calls that fail, wait or are refused: provider, limits, latency, budget of errors, context, last days."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from maquette.bundle.documents.capacity_demand import peak_tpm
from maquette.bundle.documents.degradation import EVENT, METRIC, final_fallback
from maquette.bundle.documents.slo_objectives import error_ratio
from maquette.bundle.figures import Figure, Sentence, clause, figure
from maquette.bundle.gateway.view import RETRIES_SOURCE
from maquette.bundle.runbooks import promql
from maquette.bundle.runbooks.scene import CONFIG, LOGS, Scene, ask
from maquette.bundle.runbooks.values import Body, Step
from maquette.evals.run import Verdict


def _said(figure: Figure | None, unknown: str) -> str | Figure:
    return unknown if figure is None else figure


def _ask_each(scene: Scene, *more: Sentence) -> Iterator[Step]:
    for role in scene.impact["roles"]:
        yield Step(
            text=[f"Ask {role['role']} ({role['model']}) alone."],
            command=ask(role["role"]),
            healthy=clause("`200` and ", role["healthy"]) or ["`200`"],
            branches=(*_answers_of(scene, role), *more),
        )


def _answers_of(scene: Scene, role: Mapping[str, Any]) -> Iterator[Sentence]:
    keys = ", ".join(role["keys"])
    if keys:
        yield [f"`401`: the key is wrong or was withdrawn: {keys} in .env."]
    limit = clause("`429`: the rate limit or the budget of ", role["budget"], " is reached.")
    if limit or not role["own"]:
        yield limit or ["`429`: the rate limit is reached."]
    if role["service"]:
        service = role["service"]
        yield [f"500 or no connection: `docker compose ps {service}`, `docker compose logs --tail 50 {service}`."]
    elif role["own"]:
        yield [f"`5xx` or no answer: a model server of {role['model']} is down{scene.see('RB-19')}."]
    else:
        yield [f"`5xx` or no answer: {role['model']} is down; look at the status page of who serves it."]


def _lower_steps(scene: Scene) -> list[Step]:
    """Why another model answers than the first; nothing where there is no other one."""
    if scene.fallback is None:
        return []
    return [scene.look(["Why lower steps answer."], f"sum by (step, reason) (increase({METRIC}[1h]))", ["`0`"])]


def without_model(scene: Scene) -> Step:
    """The last step down: what the application answers by itself, and the line that it logs."""
    answer = final_fallback(scene.op.seen)
    return Step(text=[f"If no model answers, the application does: {answer}. It logs the event {EVENT} as an error."])


def down(scene: Scene) -> Body:
    """RB-01."""
    wait = scene.impact["worst_wait"]
    over: Sentence = (
        [f"Only {scene.primary} answers: every one of them fails."]
        if scene.fallback is None
        else [f"They go to {scene.fallback}; the longest wait is ", _said(wait, "not limited"), "."]
    )
    restart = [
        Step(text=[f"Load {role['model']} again."], command=f"docker compose restart {role['service']}")
        for role in scene.impact["roles"]
        if role["service"]
    ]
    return Body(
        impact=(*scene.usual(), over),
        diagnose=(
            *_ask_each(scene),
            Step(
                text=["Read the gateway's own errors."],
                command=LOGS,
                healthy=["no traceback"],
                branches=(['`400` and "No connected db.": `LITELLM_MASTER_KEY` is not the gateway\'s own.'],),
            ),
            *_lower_steps(scene),
        ),
        mitigate=(*restart, *(scene.swap() or [_another(scene)]), without_model(scene)),
        verify=Step(
            text=["Ask five times in a row."],
            command=ask("primary"),
            healthy=clause("`200` within ", scene.fact("latency.p95_ms")) or ["`200`"],
        ),
        undo=(scene.back(),),
        keep=[f"`{LOGS}` of the hour, with the times at which it began and ended."],
    )


def _another(scene: Scene) -> Step:
    """Where one model answers: which other one could stand in its line."""
    run = scene.op.seen.inputs.run
    passing = [
        one.target_id
        for one in (run.results if run else ())
        if one.verdict is Verdict.PASSES and one.target_id != scene.primary
    ]
    which = f"{passing[0]}, which passes the evaluation too," if passing else "another model"
    short = "" if passing else "; none but it has passed an evaluation, so tell the readers"
    return scene.configure([f"Put {which} into the `model` line of the group primary{short}."])


def limited(scene: Scene) -> Body:
    """RB-02: a storm of 429."""
    tokens = peak_tpm(scene.op.seen)
    peak = clause("Peak ", tokens, "; the account allows ", scene.fact("cat.rate_limit_tpm"), ".")
    unknown = clause("Peak ", tokens, "; the account's limit is not known.")
    return Body(
        impact=(*scene.usual(), peak or unknown),
        diagnose=(*_refusals(scene), _retries(scene)),
        mitigate=(
            *_no_retries(scene),
            *scene.swap(),
            Step(text=[f"Ask for a higher limit for {scene.primary}; shed what may wait until it is granted."]),
        ),
        verify=scene.look(
            ["No `429` for ten minutes."], promql.deployment_failures("10m", 'exception_status="429"'), ["`0`"]
        ),
        undo=(scene.back(),),
        keep=["The rate limit headers of a refused answer (`-D -`), and the requests a minute at that time."],
    )


def _no_retries(scene: Scene) -> list[Step]:
    """Nothing where the gateway does not retry into the limit anyway."""
    policy = scene.op.seen.policy
    if policy is None or policy.limit_retries == 0:
        return []
    text = "Stop retrying into the limit: every retry counts against it."
    if scene.fallback is not None:
        text = "Stop retrying into the limit, so that the fallback is asked at once."
    return [scene.configure([text], f"sed -i 's/RateLimitErrorRetries: .*/RateLimitErrorRetries: 0/' {CONFIG}")]


def _refusals(scene: Scene) -> Iterator[Step]:
    yield from scene.watch("LLMRateLimited", ["One model only: its limit. All of them: the traffic has grown."])
    yield from scene.watch("LLMTokenRateHigh")
    yield scene.look(
        ["What the provider says is left of the minute."],
        "litellm_remaining_tokens_metric",
        ["more than ", scene.limit("remaining_share", "% of the limit", percent=True)],
        ["`0`: the account's limit; not every provider reports it."],
    )


def _retries(scene: Scene) -> Step:
    tries = scene.op.seen.policy.limit_retries if scene.op.seen.policy else 0
    several: Sentence = [figure(f"{tries} retries", RETRIES_SOURCE), " each add up"]
    again = several if tries else ["the application repeats them, for the gateway does not"]
    return Step(
        text=["Retries multiply the storm: count them."],
        command=f"{LOGS} | grep -c 'RateLimitError'",
        healthy=["`0`"],
        branches=(["Far more than refused requests: ", *again, "."],),
    )


def slow(scene: Scene) -> Body:
    """RB-03."""
    policy = scene.op.seen.policy
    cut = clause("An attempt is cut off after ", policy.timeout_reason if policy else None)
    over = f", and the request goes to {scene.fallback}." if scene.fallback else ", and the request fails."
    return Body(
        impact=(
            *scene.usual(),
            clause("Required: P95 ", scene.fact("latency.p95_ms"), "; at least one in twenty waits longer."),
            [*cut, over] if cut else [],
        ),
        diagnose=(*_ask_each(scene, ["Slow here too: its server, and not the gateway."]), *_where_time_goes(scene)),
        mitigate=(
            *scene.swap(),
            scene.shorter(),
        ),
        verify=scene.look(
            ["The P95 of ten minutes."],
            promql.quantile("litellm_request_total_latency_metric", "0.95", "10m"),
            clause("below ", scene.fact("latency.p95_ms")) or ["that of a week ago"],
        ),
        undo=(scene.back(), ["Take the instruction back."]),
        keep=["The slowest requests of the hour: tokens in and out, model, whether the cache hit."],
    )


def _where_time_goes(scene: Scene) -> Iterator[Step]:
    yield scene.look(
        ["What the gateway itself adds, in milliseconds; it counts in seconds, whatever the metric's help says."],
        f"1000 * {promql.quantile('litellm_overhead_latency_metric', '0.95', '10m')}",
        ["below ", scene.limit("overhead_ms", "ms")],
        ["More: the gateway's machine is busy: `docker stats --no-stream`."],
    )
    yield scene.look(
        ["Whether inputs have grown."],
        "sum(rate(litellm_input_tokens_metric_total[10m])) / sum(rate(litellm_proxy_total_requests_metric_total[10m]))",
        [_said(scene.fact("tokens.input_avg"), "as long as planned")],
        ["Longer: find the caller by the label api_key_alias."],
    )


def burning(scene: Scene) -> Body:
    """RB-04."""
    allowed = clause("Allowed in 30 days: ", scene.impact["requests_allowed"], ".")
    return Body(
        impact=(*scene.usual(), allowed),
        diagnose=tuple(_which_errors(scene)),
        mitigate=(
            scene.config_back(["Take the last change of the gateway back."]),
            *scene.swap(),
            Step(text=["Stop releases until the budget is positive again; only repairs go out."]),
        ),
        verify=scene.look(
            ["The failed share of the hour."],
            error_ratio("1h"),
            clause("below the budget of ", scene.fact("availability.target")),
        ),
        undo=(scene.back(),),
        keep=["The failed requests by class and caller, and what share of the month's budget they took."],
    )


def _which_errors(scene: Scene) -> Iterator[Step]:
    yield scene.look(
        ["Which error it is; before the class stands the provider, as in Openai.RateLimitError."],
        "sum by (exception_class) (increase(litellm_proxy_failed_requests_metric_total[1h]))",
        ["none that stands out"],
        *([["RateLimitError: the provider refuses, lower the load."]] if scene.provided else []),
        ["Timeout: latency; AuthenticationError: a key; InternalServerError or APIConnectionError: a model is down."],
    )
    yield scene.look(
        ["Which caller meets it."],
        "topk(5, sum by (api_key_alias) (increase(litellm_proxy_failed_requests_metric_total[1h])))",
        ["spread over all callers"],
        ["One caller: its last release."],
    )
    yield Step(
        text=["What was changed in the last hours."],
        command="git log --oneline --since='6 hours ago' -- gateway/ compose.yaml",
        healthy=["nothing"],
    )


def too_long(scene: Scene) -> Body:
    """RB-08."""
    cards = [
        (role.role, role.model, role.card.context_tok)
        for role in scene.op.seen.roles
        if role.card and role.card.context_tok
    ]
    held = "; ".join(f"{model} ({role}) takes {tokens:,} tokens" for role, model, tokens in cards)
    return Body(
        impact=(*scene.usual(), clause("Largest normal input: ", scene.fact("tokens.input_p99"), f". {held}.")),
        diagnose=(
            *scene.watch("LLMContextOverflow"),
            scene.look(
                ["Who sends the long ones."],
                "topk(5, sum by (api_key_alias) (increase(litellm_input_tokens_metric_total[1h])))",
                ["in proportion to their requests"],
            ),
        ),
        mitigate=(
            Step(text=["Shorten in the application: the oldest turns first, then documents, never the instructions."]),
            Step(
                text=[
                    "Refuse inputs above ",
                    _said(scene.fact("tokens.input_p99"), "the largest normal one"),
                    " with a message that says so.",
                ]
            ),
        ),
        verify=scene.look(
            ["No overflow for an hour."],
            'sum(increase(litellm_deployment_failure_responses_total{exception_class=~".*ContextWindowExceeded.*"}[1h]))',
            ["`0`"],
        ),
        undo=(["Raise the application's limit again once the inputs are normal."],),
        keep=["The lengths of the refused inputs, and which caller sent them."],
    )


def retiring(scene: Scene) -> Body:
    """RB-22."""
    return Body(
        impact=(*scene.usual(), *_last_days(scene)),
        diagnose=(
            Step(
                text=[f"Ask {scene.primary} alone."],
                command=ask("primary"),
                healthy=["`200`"],
                branches=(['`404` or "deprecated": the day has come.'],),
            ),
        ),
        mitigate=(
            *scene.swap(),
            Step(
                text=["Evaluate the successors named in `15-migration.md` on the same examples."],
                command="maquette eval run",
            ),
            scene.configure(
                ["Put the one that passes into the `model` line of its group; applications keep asking for the group."]
            ),
        ),
        verify=Step(
            text=["Ask five times; the new model's verdict is passes."], command=ask("primary"), healthy=["`200`"]
        ),
        undo=(scene.back(), ["Until the day, the old `model` line still works."]),
        keep=["The evaluation of both models, and the day of the exchange."],
    )


def _last_days(scene: Scene) -> Iterator[Sentence]:
    """What the providers publish of the models' last days."""
    cards = [(f"{role.model} ({role.role})", role.card) for role in scene.op.seen.roles if role.card]
    days = [f"{name} on {card.retires_on.isoformat()}" for name, card in cards if card.retires_on]
    none = [name for name, card in cards if not card.retires_on and card.price]
    if days:
        yield [f"The provider's list takes away {', '.join(days)}."]
    if none:
        yield [f"No day is published for {', '.join(none)}."]


PROVIDER_BODIES: Mapping[str, Callable[[Scene], Body]] = {
    "RB-01": down,
    "RB-02": limited,
    "RB-03": slow,
    "RB-04": burning,
    "RB-08": too_long,
    "RB-22": retiring,
}
