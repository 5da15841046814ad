{# A percentage from its published numerator and denominator, half-up to two decimals; null
   where either is null or the denominator is 0. Null too where it does not fit the published
   numeric(9, 2): one yuan filed for last year must not stop the month, and both sides of such
   a rate stand beside it. #}
{% macro rate_pct(numerator, denominator) -%}
    cast(
        case
            when
                abs(100 * cast({{ numerator }} as numeric))
                < 9999999.995 * abs(cast({{ denominator }} as numeric))
                then round(
                    100 * cast({{ numerator }} as numeric) / cast({{ denominator }} as numeric), 2
                )
        end as numeric(9, 2)
    )
{%- endmacro %}

{# One side of a rate, summed over the rows in which both sides are filled. #}
{% macro sum_where_both(side, numerator, denominator) -%}
    sum(case when {{ numerator }} is not null and {{ denominator }} is not null then {{ side }} end)
{%- endmacro %}

{# A sum of yuan. #}
{% macro sum_yuan(amount) -%}
    cast(sum({{ amount }}) as numeric(20, 2))
{%- endmacro %}

{# The same, of yuan. #}
{% macro sum_yuan_where_both(side, numerator, denominator) -%}
    cast({{ sum_where_both(side, numerator, denominator) }} as numeric(20, 2))
{%- endmacro %}
