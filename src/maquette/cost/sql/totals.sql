-- Each option's first month, last month and whole horizon, and the first month whose expected case passes the budget.
with months as (
    select option, month,
        sum(amount_low_usd) as low, sum(amount_base_usd) as base, sum(amount_high_usd) as high
    from cost_lines
    group by option, month
)
select option,
    max(low) filter (where month = 1) as first_low,
    max(base) filter (where month = 1) as first_base,
    max(high) filter (where month = 1) as first_high,
    max(low) filter (where month = $horizon) as last_low,
    max(base) filter (where month = $horizon) as last_base,
    max(high) filter (where month = $horizon) as last_high,
    sum(low) as total_low, sum(base) as total_base, sum(high) as total_high,
    min(month) filter (where base > cast($budget as decimal(38, 6))) as over_budget_from
from months
group by option
order by total_base, option
