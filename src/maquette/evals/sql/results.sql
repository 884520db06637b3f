-- Each run and target: how many trials, how many right, how fast, how much. Latency is that of the answers alone.
select run_id, target_id,
    count(*) as trials,
    count(score) as scored,
    count(*) filter (where score >= 1) as correct,
    count(failure) as failed,
    count(*) filter (where attempts > 1) as retried,
    count(*) filter (where from_cache) as from_cache,
    quantile_cont(latency_s, 0.50) filter (where failure is null) as p50_s,
    quantile_cont(latency_s, 0.95) filter (where failure is null) as p95_s,
    avg(input_tok) as mean_input_tok,
    avg(output_tok) as mean_output_tok,
    sum(cost_usd) as cost_usd
from trials
group by run_id, target_id
order by run_id, target_id
