{# What a monthly run is told through its environment: the month and the build it belongs to.
   Not through vars: any change of a var makes dbt parse the whole project again, seconds in
   every build. Without them (plain parsing, schema set-up) the default counts. #}
{% macro run_value(name, default) -%}
    {{ return(env_var('TMW_RUN_' ~ name, default) if execute else default) }}
{%- endmacro %}

{% macro run_stat_month() -%}
    {{ return(run_value('STAT_MONTH', '1900-01-01')) }}
{%- endmacro %}

{% macro run_build_id() -%}
    {{ return(run_value('BUILD_ID', '0') | int) }}
{%- endmacro %}

{% macro run_build_token() -%}
    {{ return(run_value('BUILD_TOKEN', '')) }}
{%- endmacro %}

{# The month of the run as a date literal. #}
{% macro run_month() -%}
    cast('{{ run_stat_month() }}' as date)
{%- endmacro %}

{# The last day of the month of the run. #}
{% macro run_month_end() -%}
    cast(cast('{{ run_stat_month() }}' as date) + interval '1 month' - interval '1 day' as date)
{%- endmacro %}

{# The same month of the year before. #}
{% macro last_year_month() -%}
    cast(cast('{{ run_stat_month() }}' as date) - interval '1 year' as date)
{%- endmacro %}

{# The month before the month of the run. #}
{% macro previous_month() -%}
    cast(cast('{{ run_stat_month() }}' as date) - interval '1 month' as date)
{%- endmacro %}
