-- One row a finished call. Timestamps carry an offset, which a cast from text to TIMESTAMP would drop without a word.
create temp view trials as
select run_id, target_id, example_id, stratum, output,
    failure.kind as failure, failure.detail as failure_detail,
    scores[1].metric as metric, scores[1].value as score, scores,
    attempts, input_tok, output_tok, cached_tok, reasoning_tok,
    latency_s, ttft_s,
    case when output_tok > 1 then (latency_s - ttft_s) / (output_tok - 1) end as tpot_s,
    itl_p50_s, itl_p95_s, loop_lag_s, cost_usd,
    cast(finished_at as timestamptz) at time zone 'UTC' as finished_at,
    from_cache, cache, client, left_out, finish_reason, tool_calls,
    cluster, coalesce(weight, 1) as weight, coalesce(must_pass, false) as must_pass,
    coalesce(withheld, '') as withheld, asked, key
from {rows}
where key is not null
