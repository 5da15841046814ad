{# Whether a row counts in sums: every lump does; of several detail rows that name one thing (a
   project, a village), whoever filed them, only that of the earliest submission. #}
{% macro counts_once(row, identity) -%}
    {{ row }}.row_kind = '2'
    or row_number() over (
            partition by {{ row }}.row_kind, {{ row }}.{{ identity }}
            order by {{ row }}.submission_id, {{ row }}.sheet, {{ row }}.row_no
        ) = 1
{%- endmacro %}
