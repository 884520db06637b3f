-- One row a month, model, provider, tag and team; a sum over unknown figures alone is unknown.
create temp view actuals_monthly as
select strftime(day, '%Y-%m') as month, model, provider, tag, team,
    min(day) as first_day, max(day) as last_day, count(distinct day) as days,
    cast(sum(requests) as bigint) as requests,
    cast(sum(input_tok) as bigint) as input_tok,
    cast(sum(cached_tok) as bigint) as cached_tok,
    cast(sum(output_tok) as bigint) as output_tok,
    cast(sum(usd) as decimal(38, 12)) as usd
from actuals
group by all
order by all
