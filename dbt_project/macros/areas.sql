{# The rank of a level: 1 = province ... 5 = village. #}
{% macro level_rank(level) -%}
    array_position(array['province', 'prefecture', 'county', 'township', 'village'], {{ level }})
{%- endmacro %}
