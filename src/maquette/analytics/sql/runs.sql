-- One row a run, as its manifest says.
create temp view runs as
select run_id, dataset, prompt, primary_metric, targets, examples, threshold, cap_usd, state,
    cast(started_at as timestamptz) at time zone 'UTC' as started_at,
    cast(finished_at as timestamptz) at time zone 'UTC' as finished_at, computed_from, made_of,
    step, shown
from {rows}
