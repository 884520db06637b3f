-- One row a score: what one metric says of one answer.
create temp view scores as
select run_id, target_id, example_id, score.metric as metric, score.value as value, score.value >= 1 as passed,
    score.raw as raw, score.detail as detail, score.cost_usd as cost_usd
from (select run_id, target_id, example_id, unnest(scores) as score from trials)
