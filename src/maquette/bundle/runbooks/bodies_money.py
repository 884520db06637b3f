"""Runbooks of money: a spike of cost, the budget's soft and hard limit, and the caches that keep the bill down."""

from collections.abc import Callable, Iterator, Mapping

from maquette.bundle.documents.slo_objectives import cached_share, cached_share_planned
from maquette.bundle.figures import Figure, Sentence, clause, estimated
from maquette.bundle.runbooks.bodies_provider import without_model
from maquette.bundle.runbooks.scene import CONFIG, LOGS, Scene, ask
from maquette.bundle.runbooks.values import Body, Step
from maquette.foundation.units import readable_usd

_CACHE_OFF = "Turn the semantic cache off until its threshold is fitted on labelled pairs."
_LONGER: Sentence = ["Take the instruction back."]
_HOUR = "sum(increase(litellm_spend_metric_total[1h]))"
_MONTH = "sum(increase(litellm_spend_metric_total[30d]))"


def _plan(scene: Scene) -> Sentence:
    return clause("Planned: ", scene.impact["usd_per_hour"], f" with {scene.primary}.")


def _stops(scene: Scene) -> tuple[Sentence, ...]:
    return tuple(
        clause(f"The gateway stops {role['model']} ({role['role']}) at ", role["budget"], " in 30 days.")
        for role in scene.impact["roles"]
    )


def _who(scene: Scene) -> Step:
    return scene.look(
        ["Who spends it."],
        "topk(5, sum by (api_key_alias, model) (increase(litellm_spend_metric_total[1h])))",
        ["in proportion to their requests"],
        [f"One key far ahead: a loop or a leaked key{scene.see('RB-24')}."],
    )


def spike(scene: Scene) -> Body:
    """RB-09."""
    ceiling = clause("Ceiling: ", scene.fact("budget.monthly_usd"), ", a day ", scene.impact["budget_per_day"], ".")
    return Body(
        impact=(_plan(scene), *_stops(scene), ceiling),
        diagnose=tuple(_dearer(scene)),
        mitigate=(
            scene.shorter(),
            *([scene.configure([f"Lower `{scene.ceiling}` until the cause is found."])] if scene.capped else []),
        ),
        verify=scene.look(["The next hour."], _HOUR, _amount(scene.impact["usd_per_hour"])),
        undo=(
            scene.back(),
            _LONGER,
            ["A restart sets the gateway's own count of spending to zero unless Redis keeps it."]
            if scene.capped
            else [],
        ),
        keep=["Spending by key and model of the hour, and the length of its answers."],
    )


def _dearer(scene: Scene) -> Iterator[Step]:
    """What the last hour cost, by whom and by what."""
    measured = next((role["output_tok"] for role in scene.impact["roles"] if role["output_tok"]), None)
    length = (
        "sum(rate(litellm_output_tokens_metric_total[1h])) / sum(rate(litellm_proxy_total_requests_metric_total[1h]))"
    )
    yield scene.look(["What the last hour cost, in USD."], _HOUR, _amount(scene.impact["usd_per_hour"]))
    yield _who(scene)
    yield scene.look(
        ["How long answers are, in tokens."],
        length,
        _amount(measured or scene.fact("tokens.output_avg")),
        ["Longer: a prompt changed, or reasoning was turned up."],
    )
    yield Step(
        text=["What one answer costs, from the gateway's own count."],
        command=f"{ask('primary', headers=True)} | grep -i x-litellm-response-cost",
        healthy=["a few tokens' price"],
    )


def _amount(known: Figure | None) -> Sentence:
    return ["that of yesterday"] if known is None else ["about ", known]


def _planned_month(scene: Scene) -> Sentence:
    """What thirty days cost by plan, and the ceiling above it."""
    planned, ceiling = scene.impact["usd_per_month"], scene.fact("budget.monthly_usd")
    return clause("about ", planned, ", the ceiling is ", ceiling) or clause("below ", ceiling)


def soft(scene: Scene) -> Body:
    """RB-10."""
    per_day = scene.impact["usd_per_day"] or scene.impact["budget_per_day"]
    return Body(
        impact=(
            _plan(scene),
            _left(scene),
            *_stops(scene),
        ),
        diagnose=(
            scene.look(
                ["What thirty days cost, in USD."],
                _MONTH,
                _planned_month(scene),
            ),
            scene.look(
                ["How fast it goes, in USD a day."], "sum(increase(litellm_spend_metric_total[1d]))", _amount(per_day)
            ),
            _who(scene),
        ),
        mitigate=(
            scene.shorter(),
            *scene.cheaper(),
            Step(text=["Move what may wait to a batch tier, and shrink the context before the model is exchanged."]),
        ),
        verify=scene.look(["A day's spending."], "sum(increase(litellm_spend_metric_total[1d]))", _amount(per_day)),
        undo=(scene.back(), _LONGER, ["On the first of the month, once a day costs what was planned."]),
        keep=["The day on which the ceiling would be reached: what is left over what a day costs."],
    )


def _left(scene: Scene) -> Sentence:
    """What the soft limit leaves of the ceiling."""
    share, budget = scene.op.limits["soft_budget"], scene.op.seen.facts.number("budget.monthly_usd")
    if not budget:
        return []
    rest = estimated(readable_usd((1 - share.value) * budget), f"(1 - {share.value}) x budget.monthly_usd")
    return ["Left for the rest of the month: ", rest, "."]


def hard(scene: Scene) -> Body:
    """RB-11: requests are refused from here on."""
    after = ", and the fallback's comes next" if scene.fallback else ""
    return Body(
        impact=(
            *scene.usual(),
            *_stops(scene),
            ["From the limit on the gateway refuses requests; the application must answer without a model."],
        ),
        diagnose=(
            scene.look(["What thirty days cost, in USD."], _MONTH, _planned_month(scene)),
            Step(
                text=["Count the refusals."],
                command=f"{LOGS} | grep -ci 'budget'",
                healthy=["`0`"],
                branches=([f"More: the deployment's budget is spent{after}."],),
            ),
            _who(scene),
        ),
        mitigate=(
            without_model(scene),
            scene.configure(
                [f"Only with the budget owner's word: raise `{scene.ceiling}` for the days that are left."]
            ),
        ),
        verify=Step(text=["Ask once."], command=ask("primary"), healthy=["`200`"]),
        undo=(scene.back(), ["The limit as decided comes back on the first of the month."]),
        keep=["Who allowed how much for how long, and what the month cost in the end."],
    )


def cache(scene: Scene) -> Body:
    """RB-12."""
    planned, alert = cached_share_planned(scene.op.seen.facts), scene.threshold("LLMCacheCollapse")
    share = None if planned is None else estimated(f"{planned[0] * 100:.0f} % of input tokens", planned[1])
    wanted: Sentence = ["not ", *alert.threshold] if alert else ["as before"]
    return Body(
        impact=(
            clause("Planned: ", share, " from the cache, at ", _ratio(scene), " of the price of fresh tokens."),
            _plan(scene),
        ),
        diagnose=tuple(_misses(scene)),
        mitigate=(scene.prompt_back(), Step(text=[_stable(scene)])),
        verify=scene.look(
            ["The cached share of the hour."],
            cached_share("1h"),
            wanted,
        ),
        undo=(scene.prompt_again(),),
        keep=["The beginning of a request before and after the collapse."],
    )


def _stable(scene: Scene) -> str:
    """What must stay alike at the front of the prompt, as far as this system has it."""
    turns = ["the history append-only"] if scene.op.seen.facts.values.get("context.multi_turn") is True else []
    tools = ["the list of tools in one order"] if scene.tools else []
    kept = ["what changes at the end of the prompt", *turns, *tools]
    return f"Keep {kept[0]}." if len(kept) == 1 else f"Keep {', '.join(kept[:-1])} and {kept[-1]}."


def _misses(scene: Scene) -> Iterator[Step]:
    by_key = (
        "sum by (api_key_alias) (rate(litellm_input_cached_tokens_metric_total[1h])) "
        "/ sum by (api_key_alias) (rate(litellm_input_tokens_metric_total[1h]))"
    )
    yield from scene.watch("LLMCacheCollapse")
    yield from scene.watch("LLMResponseCacheMisses")
    one = ["One caller: its prompt changed at the front."]
    yield scene.look(["Whose prompts miss."], by_key, ["alike for all callers"], one)
    moved = "a time, an id or another order of tools" if scene.tools else "a time or an id"
    breaks = f"{moved} at the front breaks the prefix."
    yield Step(
        text=[f"Compare the first tokens of two requests: {breaks}"],
        command=scene.prompt_changes(),
        healthy=["no change of the shared prefix, ", _size(scene)],
    )


def _size(scene: Scene) -> str | Figure:
    return scene.fact("tokens.shared_prefix") or "whatever its length"


def _ratio(scene: Scene) -> Figure | None:
    """What a cached token costs of a fresh one."""
    policy = scene.op.seen.policy
    prices = policy.deployments[0].prices if policy else {}
    fresh, cached = prices.get("input_cost_per_token"), prices.get("cache_read_input_token_cost")
    if not fresh or cached is None:
        return None
    return estimated(f"{cached / fresh * 100:.0f} %", f"price of a cached over a fresh input token of {scene.primary}")


def false_hit(scene: Scene) -> Body:
    """RB-13."""
    return Body(
        impact=scene.usual(),
        diagnose=(
            Step(text=["Look at the reported pair: are question and answer about the same thing?"], healthy=["yes"]),
            scene.look(
                ["How often the cache answers."],
                "sum(rate(litellm_cache_hits_metric_total[1h]))",
                ["the planned share"],
            ),
        ),
        mitigate=(
            Step(
                text=["Empty the cache."],
                command="docker compose exec redis redis-cli FLUSHDB" if scene.redis else None,
            ),
            scene.configure([_CACHE_OFF], f"sed -i 's/^  cache: true/  cache: false/' {CONFIG}")
            if scene.redis
            else Step(text=[_CACHE_OFF]),
        ),
        verify=Step(text=["Ask the reported question again."], healthy=["the right answer"]),
        undo=(scene.back() if scene.redis else ["Turn the cache on again once its threshold is fitted."],),
        keep=["The pair of questions with their similarity."],
    )


MONEY_BODIES: Mapping[str, Callable[[Scene], Body]] = {
    "RB-09": spike,
    "RB-10": soft,
    "RB-11": hard,
    "RB-12": cache,
    "RB-13": false_hit,
}
