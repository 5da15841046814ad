{# A test with `where: "__run_month__"` looks at the month of the run alone. (A macro cannot be
   called in a test's configuration, so dbt's own hook puts the month in.) #}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- if where -%}
        {%- set where = where | replace('__run_month__', 'stat_month = ' ~ run_month()) -%}
        {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') dbt_subquery') }}
    {%- endif -%}
    {{ return(relation) }}
{%- endmacro %}
