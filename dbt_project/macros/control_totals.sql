{# The key of a row as it stands in findings: canonical names, values as text. #}
{% macro row_key(table, alias) -%}
    {%- set tables = form_tables() + sub_tables() -%}
    {%- set form = tables | selectattr('table', 'equalto', table) | first -%}
    jsonb_build_object(
        {%- for key in form['keys'] %}
        '{{ key }}', coalesce(cast({{ alias }}.{{ key }} as text), '-'){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{# The value of the additive measure whose name stands in `measure`. #}
{% macro measure_value(form, alias, measure) -%}
    case {{ measure }}
        {%- for name in form.measures %}
        when '{{ name }}' then cast({{ alias }}.{{ name }} as numeric)
        {%- endfor %}
    end
{%- endmacro %}

{# Whether a row belongs to the total by its keys: codes by what the total covers, other keys
   when the total names one. Mode 0, "not collected", stands for every mode. #}
{% macro part_matches(form, control, part) -%}
    {%- for key in form['keys'] if key not in ['place_code', 'row_kind'] %}
        {%- if key in ['programme', 'fund_source'] %}
        and {{ part }}.{{ key }} = any({{ control }}.{{ key }}_codes)
        {%- else %}
        and (
            coalesce(cast({{ control }}.{{ key }} as text), '-') in ('-'{{ ", '0'" if key == 'mode' }})
            or {{ control }}.{{ key }} = {{ part }}.{{ key }}
        )
        {%- endif %}
    {%- endfor %}
{%- endmacro %}
