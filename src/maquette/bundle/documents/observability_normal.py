"""What each metric shows here while all is well: from requirements, plans and measurements of this project."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from maquette.bundle.documents.capacity_demand import peak_tpm
from maquette.bundle.documents.cascade import passed_on
from maquette.bundle.documents.degradation import reasons
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.slo_objectives import cached_share_planned
from maquette.bundle.evidence import measured
from maquette.bundle.figures import Sentence, clause, estimated
from maquette.bundle.incidents import impact_view
from maquette.bundle.runbooks.operating import operating, usual_session
from maquette.foundation.units import readable_count, readable_usd


def normal(name: str, seen: Seen) -> Sentence:
    """The value of that metric on a usual day; empty where nothing says it."""
    return _NORMAL[name](seen) if name in _NORMAL else []


def _fact(name: str, before: str = "", behind: str = "") -> Callable[[Seen], Sentence]:
    def told(seen: Seen) -> Sentence:
        found = seen.facts.figure(name)
        return [part for part in (before, found, behind) if part] if found is not None else []

    return told


def _impact(name: str) -> Callable[[Seen], Sentence]:
    return lambda seen: clause(impact_view(seen)[name])


def _failed(seen: Seen) -> Sentence:
    return clause("at most ", impact_view(seen)["requests_allowed"], " in 30 days")


def _latency(seen: Seen) -> Sentence:
    run, results = seen.inputs.run, [role.result for role in seen.roles if role.result and role.result.latency]
    if run is None or not results or results[0].latency is None:
        return _fact("latency.p95_ms", "P95 within ")(seen)
    return ["P95 ", measured(f"{results[0].latency.p95_s:.3g} s", run)]


def _per_token(seen: Seen) -> Sentence:
    whole, first, answer = (
        seen.facts.number(one) for one in ("latency.p95_ms", "latency.ttft_ms", "tokens.output_avg")
    )
    if whole is not None and first is not None and answer and whole > first:
        formula = "(latency.p95_ms - latency.ttft_ms) / tokens.output_avg"
        return ["at most ", estimated(f"{(whole - first) / answer:.3g} ms", formula)]
    rate = seen.facts.number("derived.min_decode_tps")
    if not rate:
        return []
    return ["at most ", estimated(f"{1000 / rate:.3g} ms", "1,000 / derived.min_decode_tps")]


def _calls(seen: Seen) -> Sentence:
    names = " and ".join(role.model for role in seen.roles)
    return _past_the_encoder(clause(f"{names}: ", impact_view(seen)["mean_per_min"], " together"), seen)


def _past_the_encoder(told: Sentence, seen: Seen) -> Sentence:
    return [*told, *passed_on(seen)] if told else told


def _state(seen: Seen) -> Sentence:
    return [f"`0` for {' and '.join(role.model for role in seen.roles)}"]


def _cached(seen: Seen) -> Sentence:
    planned = cached_share_planned(seen.facts)
    if planned is None:
        return []
    return [estimated(f"{readable_count(round(100 * planned[0], 1))} % of input tokens", planned[1])]


def _sessions(seen: Seen) -> Sentence:
    op = operating(seen)
    usual = usual_session(op) if op else None
    if usual is None or usual[1] is None:
        return []
    return [estimated(readable_usd(usual[1]), f"context.turns_avg x cost of a request of {seen.roles[0].model}")]


def _answers(seen: Seen) -> Sentence:
    daily = seen.facts.number("scale.requests_per_day")
    form = seen.facts.figure("io.output_format")
    if daily is None:
        return []
    return clause(
        estimated(f"{readable_count(daily.quantize(Decimal(1)))} a day", "scale.requests_per_day"), " as ", form
    )


def _sample(seen: Seen) -> Sentence:
    return clause(seen.facts.figure("quality.metric"), " at or above ", seen.facts.figure("quality.threshold"))


def _keys(seen: Seen) -> Sentence:
    names = dict.fromkeys(key for role in impact_view(seen)["roles"] for key in role["keys"])
    none = estimated("0 findings", "the alert SecretExposed of monitoring/alerts.yml fires at any")
    return [none, f" of {', '.join([*names, 'LITELLM_MASTER_KEY'])}"]


_NORMAL: Mapping[str, Callable[[Seen], Sentence]] = {
    "litellm_proxy_total_requests_metric_total": lambda seen: _past_the_encoder(_impact("mean_per_min")(seen), seen),
    "litellm_proxy_failed_requests_metric_total": _failed,
    "litellm_request_total_latency_metric": _latency,
    "litellm_llm_api_time_to_first_token_metric": _fact("latency.ttft_ms", "within "),
    "litellm_deployment_latency_per_output_token": _per_token,
    "litellm_input_tokens_metric_total": _fact("tokens.input_avg", behind=" a request"),
    "litellm_output_tokens_metric_total": _fact("tokens.output_avg", behind=" a request"),
    "litellm_total_tokens_metric_total": lambda seen: clause(peak_tpm(seen), " at the peak"),
    "litellm_input_cached_tokens_metric_total": _cached,
    "litellm_cache_hits_metric_total": _fact("traffic.exact_repeat_share", behind=" of the requests"),
    "litellm_spend_metric_total": _impact("usd_per_hour"),
    "litellm_deployment_state": _state,
    "litellm_deployment_total_requests_total": _calls,
    "litellm_deployment_successful_fallbacks_total": lambda seen: [f"none while {seen.roles[0].model} is well"],
    "litellm_remaining_tokens_metric": _fact("cat.rate_limit_tpm", "of "),
    "vllm:num_requests_waiting": _fact("derived.concurrency_peak", "0; ", " run at the peak"),
    "app_answers_total": _answers,
    "app_fallback_total": lambda seen: [
        estimated("0", f"{seen.roles[0].model} answers: no step down"),
        f" for {', '.join(reasons(seen))}",
    ],
    "app_callers_blocked_total": _fact("users.audience", "hardly any; audience "),
    "app_request_seconds": _fact("latency.p95_ms", "P95 within "),
    "app_quality_sample_ratio": _sample,
    "app_unsupported_answers_total": _fact("quality.max_hallucination_rate", "at most ", " of the checked"),
    "app_safety_bypass_total": _fact("risk.human_review", "0; a person checks: "),
    "app_data_leak_findings_total": _fact("data.sensitivity", "0 findings of "),
    "app_secret_findings_total": _keys,
    "app_session_turns": _fact("context.turns_avg"),
    "app_session_cost_usd": _sessions,
}
