{# Schemas are named exactly as configured: staging, core, marts (no prefix of the target). #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
