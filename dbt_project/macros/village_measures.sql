{# The measures of villages that are added up as filed. #}
{% macro village_measures() -%}
    {{ return(['units', 'households', 'persons', 'poor_households', 'poor_persons']) }}
{%- endmacro %}
