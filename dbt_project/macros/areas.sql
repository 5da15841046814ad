{# The rank of a level: 1 = province ... 5 = village. #}
{% macro level_rank(level) -%}
    array_position(array['province', 'prefecture', 'county', 'township', 'village'], {{ level }})
{%- endmacro %}

{# The areas that play a part in the month, with their level and name in it. #}
{% macro areas_of_month() -%}
select distinct
        ancestor_code as area_code,
        ancestor_level as area_level,
        ancestor_name_zh as area_name_zh
    from {{ ref("dim_area_ancestor") }}
    where stat_month = {{ run_month() }}
{%- endmacro %}
