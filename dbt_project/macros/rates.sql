{# A percentage from its published numerator and denominator, half-up to two decimals;
   null where either is null or the denominator is 0. #}
{% macro rate_pct(numerator, denominator) -%}
    cast(
        round(100 * cast({{ numerator }} as numeric) / nullif(cast({{ denominator }} as numeric), 0), 2)
        as numeric(9, 2)
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
