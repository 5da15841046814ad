{# True where no expected return of the forms is missing from the areas or from a unit above them
   (`whole`: nor from a unit inside them). A rule over several returns is evaluated only there. #}
{% macro is_complete(forms, areas, whole=false) -%}
    {%- for area in areas %}
    not exists (
        select 1
        from {{ ref("fct_return_gap_monthly") }} as gap
        where
            gap.stat_month = {{ run_month() }}
            and gap.form_code in ('{{ forms | join("', '") }}')
            {%- if not whole %}
            and gap.missing_side = 'above'
            {%- endif %}
            and gap.area_code = {{ area }}
    ){{ " and" if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The county an area belongs to; for an area above the counties, the area itself. #}
{% macro county_of(area) -%}
    rpad(left({{ area }}, 6), 12, '0')
{%- endmacro %}

{# The township that a committee or village code begins with. #}
{% macro township_of(code) -%}
    rpad(left({{ code }}, 9), 12, '0')
{%- endmacro %}
