-- The calendar of reporting months.
with months as (
    select cast(first_day as date) as stat_month
    from generate_series(
        cast('2000-01-01' as date), cast('2049-12-01' as date), interval '1 month'
    ) as series (first_day)
)

select
    stat_month,
    cast(stat_month + interval '1 month' - interval '1 day' as date) as last_day,
    cast(extract(year from stat_month) as integer) as year_no,
    cast(extract(month from stat_month) as integer) as month_no,
    cast(extract(quarter from stat_month) as integer) as quarter_no,
    cast(ceil(extract(month from stat_month) / 6) as integer) as half_year_no,
    to_char(stat_month, 'YYYY"年"FMMM"月"') as month_name_zh
from months
