{# Observation status (SDMX CL_OBS_STATUS), from the best to the worst. #}
{% macro status_order() -%}
    {{ return('APEIUVDBQLMO') }}
{%- endmacro %}

{# The rank of a status: 1 = A normal ... 12 = O missing. #}
{% macro status_rank(status) -%}
    position({{ status }} in '{{ status_order() }}')
{%- endmacro %}

{# The status of a rank; no rank means that nothing but plain values stood there. #}
{% macro status_of_rank(rank) -%}
    substring('{{ status_order() }}' from coalesce({{ rank }}, 1) for 1)
{%- endmacro %}

{# The marks of each row of a form table: column -> status, and the worst of those that stand
   at a filled cell (E, U; a cell marked L, M or O holds no value of its own). #}
{% macro row_marks(table) -%}
select
        submission_id,
        sheet,
        row_no,
        jsonb_object_agg(column_name, status) as statuses,
        max(case when status in ('E', 'U') then {{ status_rank("status") }} end) as status_rank
    from {{ ref("stg_township__cell_mark") }}
    where stat_month = {{ run_month() }} and table_name = '{{ table }}'
    group by submission_id, sheet, row_no
{%- endmacro %}

{# The worst marks behind a row, in a query grouped by the row's key that joins it with `marks`
   (measure, status_rank): of the measures that have a value, and of all. #}
{% macro worst_ranks(row) -%}
    max(case when to_jsonb({{ row }}) ->> marks.measure is not null then marks.status_rank end)
            as filled_rank,
        max(marks.status_rank) as any_rank
{%- endmacro %}

{# The status of a row of a mart: the worst among its measures that have a value. A row in which
   no measure has one is as bad as its cells, and missing where they bear no mark. #}
{% macro row_status(row, measures, ranks) -%}
    case
        when
            coalesce(
                {%- for measure in measures %}
                cast({{ row }}.{{ measure }} as text){{ "," if not loop.last }}
                {%- endfor %}
            ) is not null
            then {{ status_of_rank(ranks ~ ".filled_rank") }}
        else {{ status_of_rank("coalesce(" ~ ranks ~ ".any_rank, length('" ~ status_order() ~ "'))") }}
    end
{%- endmacro %}
