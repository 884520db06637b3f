-- Examples that some targets of a run answered right and others wrong: where a choice of model makes a difference.
select example_id, any_value(stratum) as stratum,
    list(target_id order by target_id) filter (where score >= 1) as right_targets,
    list(target_id order by target_id) filter (where score < 1) as wrong_targets
from trials
where run_id = $run_id and score is not null
group by example_id
having count(*) filter (where score >= 1) > 0 and count(*) filter (where score < 1) > 0
order by example_id
