{# The number of a measure whose name stands in `measure`, of a row of stg_township__filed_row. #}
{% macro filed_measure(row, measure) -%}
    cast({{ row }}.measures ->> {{ measure }} as numeric)
{%- endmacro %}

{# A month as people write it: 2009-11. #}
{% macro month_text(month) -%}
    to_char({{ month }}, 'YYYY-MM')
{%- endmacro %}

{# The sum of the measures whose names stand in the array `measures`; null where one is blank. #}
{% macro filed_sum(row, measures) -%}
    (
        select
            case
                when bool_and({{ row }}.measures ? named.name)
                    then sum(cast({{ row }}.measures ->> named.name as numeric))
            end
        from unnest({{ measures }}) as named (name)
    )
{%- endmacro %}

{# How many significant digits a number has: 105000 and 1.05 have three. #}
{% macro significant_digits(value) -%}
    length(trim(both '0' from replace(cast(trim_scale(abs({{ value }})) as text), '.', '')))
{%- endmacro %}

{# Every cumulative total of every form with the in-month column that feeds it. #}
{% macro followed_totals() -%}
    {%- set found = [] -%}
    {%- for form in form_tables() -%}
        {%- for flow in form.flows -%}
            {%- for total in ["ytd", "total"] if flow[total] -%}
                {%- do found.append({
                    "form_code": form.form_code,
                    "month": flow.month,
                    "total": flow[total],
                    "is_of_year": total == "ytd",
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# Every stock of every form that is followed by its flows. #}
{% macro followed_stocks() -%}
    {%- set found = [] -%}
    {%- for form in form_tables() -%}
        {%- for flow in form.stock_flows -%}
            {%- do found.append(dict(flow, form_code=form.form_code)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# Names as an array of text. #}
{% macro text_array(names) -%}
    cast(array[{% for name in names %}'{{ name }}'{{ ", " if not loop.last }}{% endfor %}] as text[])
{%- endmacro %}

{# The codes that say a row of a form has come to its end (a project handed over or terminated). #}
{% macro closed_codes(form_code) -%}
    {%- for form in form_tables() if form.form_code == form_code -%}
        '{{ form.closed | join("', '") }}'
    {%- endfor -%}
{%- endmacro %}

{# Every column that names a project or village of another form: (table, reference). #}
{% macro references() -%}
    {%- set found = [] -%}
    {%- for form in form_tables() + sub_tables() -%}
        {%- for reference in form.references if reference.column != form.identity -%}
            {%- do found.append((form, reference)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
