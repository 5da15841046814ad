{# A number as a township reads it: no trailing zeros. #}
{% macro plain_number(value) -%}
    cast(trim_scale({{ value }}) as text)
{%- endmacro %}

{# A sentence of the rule data with its placeholders filled; a missing value reads as "-". #}
{% macro fill_sentence(sentence, values) -%}
    {%- set filled = namespace(sql=sentence) -%}
    {%- for name, value in values.items() -%}
        {%- set filled.sql = "replace(" ~ filled.sql ~ ", '{" ~ name ~ "}', coalesce(" ~ value ~ ", '-'))" -%}
    {%- endfor -%}
    {{ return(filled.sql) }}
{%- endmacro %}

{# A parameter of a rule (of a part of it), as text. #}
{% macro rule_parameter(check_id, name, part='') -%}
    (
        select parameter.value
        from {{ ref('seed_rule_parameter') }} as parameter
        where
            parameter.check_id = '{{ check_id }}'
            and coalesce(parameter.part, '') = '{{ part }}'
            and parameter.name = '{{ name }}'
    )
{%- endmacro %}

{# A row key in one line: programme=03, fund_source=12 ... #}
{% macro row_key_text(row_key) -%}
    (
        select string_agg(pair.key || '=' || pair.value, ', ' order by pair.key)
        from jsonb_each_text({{ row_key }}) as pair (key, value)
    )
{%- endmacro %}
