-- One row a run and target, counted as `maquette eval show` counts: by the run's primary metric, failures apart.
create temp view run_results as
with judged as (
    select run_id, target_id, failure, attempts, from_cache, latency_s, ttft_s, cost_usd, input_tok, output_tok, cluster,
        case
            when failure is not null then null
            when metric = primary_metric then score
            else list_filter(scores, lambda one: one.metric = primary_metric)[1].value
        end as value
    from trials join (select run_id, primary_metric from runs) using (run_id)
),
counted as (
    select run_id, target_id,
        count(*) as done,
        count(value) as scored,
        count(*) filter (value >= 1) as correct,
        count(failure) as errors,
        cast(sum(attempts) filter (not from_cache) as bigint) as calls,
        cast(sum(greatest(0, attempts - 1)) filter (not from_cache) as bigint) as retries,
        count(*) filter (from_cache) as cache_hits,
        coalesce(sum(cost_usd) filter (not from_cache), case when count(cost_usd) > 0 then 0 end) as spent_usd,
        quantile_cont(latency_s, [0.50, 0.95, 0.99]) filter (failure is null) as latency,
        quantile_cont(ttft_s, 0.50) filter (failure is null) as ttft_p50_s,
        avg(input_tok) filter (failure is null) as mean_input_tok,
        avg(output_tok) filter (failure is null) as mean_output_tok,
        count(cluster) > 0 as clustered
    from judged
    group by run_id, target_id
),
planned as (select run_id, examples, unnest(targets) as target_id from runs)
select run_id, target_id, planned.examples as planned, coalesce(done, 0) as done, coalesce(scored, 0) as scored,
    coalesce(correct, 0) as correct,
    case when scored > 0 then correct / scored end as score,
    case when scored > 0 and not clustered then wilson_low(correct, scored) end as low,
    case when scored > 0 and not clustered then wilson_high(correct, scored) end as high,
    coalesce(errors, 0) as errors, coalesce(calls, 0) as calls, coalesce(retries, 0) as retries,
    coalesce(cache_hits, 0) as cache_hits, cast(spent_usd as {money}) as spent_usd,
    latency[1] as p50_s, latency[2] as p95_s, latency[3] as p99_s, ttft_p50_s, mean_input_tok, mean_output_tok
from planned left join counted using (run_id, target_id)
order by run_id, target_id
