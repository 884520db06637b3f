-- What went wrong in a run, most frequent first, with one example of each kind.
select target_id, failure, count(*) as trials, min(example_id) as for_example, min(failure_detail) as detail
from trials
where run_id = $run_id and failure is not null
group by target_id, failure
order by trials desc, target_id, failure
