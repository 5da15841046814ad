{# Of each column the value that all rows of a group share, under its name; null where they differ
   or one of them is blank. #}
{% macro shared_values(columns) -%}
    {%- for column in columns %}
        {{- "," if not loop.first }}
        case
            when min({{ column }}) = max({{ column }}) and count({{ column }}) = count(*)
                then max({{ column }})
        end as {{ column }}
    {%- endfor %}
{%- endmacro %}
