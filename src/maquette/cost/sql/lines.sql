-- Every line of every month: the month's requests times the units that one request takes, times the unit's price.
-- Machines are counted by the month already, so that their rate stands for itself.
-- Decimal from end to end: 6 + 12 and 6 + 15 places leave 20 and 17 digits before the point.
with quantities as (
    select r.option, r.position, v.month, r.name, r.unit, r.price_key, r.usd_per_unit, r.source,
        cast(v.low * r.low as decimal(38, 6)) as quantity_low,
        cast(v.base * r.base as decimal(38, 6)) as quantity_base,
        cast(v.high * r.high as decimal(38, 6)) as quantity_high
    from rates as r cross join volumes as v
    union all
    select m.option, 0, m.month, 'machines', 'machine hour', m.price_key, m.usd_per_hour, m.source,
        cast(m.low * m.hours as decimal(38, 6)),
        cast(m.base * m.hours as decimal(38, 6)),
        cast(m.high * m.hours as decimal(38, 6))
    from machines as m
)
select option, month, name, quantity_low, quantity_base, quantity_high, unit, usd_per_unit,
    cast(quantity_low * usd_per_unit as decimal(38, 6)) as amount_low_usd,
    cast(quantity_base * usd_per_unit as decimal(38, 6)) as amount_base_usd,
    cast(quantity_high * usd_per_unit as decimal(38, 6)) as amount_high_usd,
    price_key, source
from quantities
order by option, month, position, name, price_key, usd_per_unit
