{# The month of the run as a date literal. #}
{% macro run_month() -%}
    cast('{{ var("stat_month") }}' as date)
{%- endmacro %}

{# The last day of the month of the run. #}
{% macro run_month_end() -%}
    cast(cast('{{ var("stat_month") }}' as date) + interval '1 month' - interval '1 day' as date)
{%- endmacro %}

{# The same month of the year before. #}
{% macro last_year_month() -%}
    cast(cast('{{ var("stat_month") }}' as date) - interval '1 year' as date)
{%- endmacro %}

{# The month before the month of the run. #}
{% macro previous_month() -%}
    cast(cast('{{ var("stat_month") }}' as date) - interval '1 month' as date)
{%- endmacro %}
