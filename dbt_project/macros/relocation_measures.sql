{# The measures of relocation and housing that are added up as filed. #}
{% macro relocation_measures() -%}
    {{ return([
        'planned_households', 'planned_persons',
        'moved_households_month', 'moved_households_ytd', 'moved_households_total',
        'moved_persons_month', 'moved_persons_ytd', 'moved_persons_total',
        'houses_planned', 'houses_finished',
        'subsidy_planned_yuan', 'subsidy_paid_yuan_ytd',
    ]) }}
{%- endmacro %}
