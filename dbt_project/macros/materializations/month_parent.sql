{#
  The parent of a month-partitioned model, from the contract of the model: made when missing,
  given new columns (null for the past), documented and granted. A column that has gone or
  changed its type is refused: published months depend on it.
#}
{% macro ensure_month_parent(parent, node) -%}
    {%- set contract = month_parent_contract(node) -%}
    {%- set existing = month_parent_columns(parent) -%}
    {%- if existing | length == 0 -%}
        {% do run_query(
            'create table ' ~ parent ~ ' (' ~ contract.ddl | join(', ')
            ~ ') partition by list (stat_month)') %}
    {%- else -%}
        {% do refuse_removed_columns(parent, contract, existing) %}
        {%- for name in contract.names if name not in existing -%}
            {#- Null for the past: only the months built from now on promise that it is filled. -#}
            {%- set definition = modules.re.sub('(?i)\\s+not\\s+null', '', contract.added[name]) -%}
            {% do run_query('alter table ' ~ parent ~ ' add column ' ~ definition) %}
        {%- endfor -%}
    {%- endif -%}
    {%- for index in node.config.get('indexes') or [] -%}
        {% do run_query(month_parent_index(parent, index)) %}
    {%- endfor -%}
    {%- for statement in month_parent_comments(parent, node) -%}
        {% do run_query(statement) %}
    {%- endfor -%}
    {%- for privilege, grantees in (node.config.get('grants') or {}).items() -%}
        {% do run_query('grant ' ~ privilege ~ ' on ' ~ parent ~ ' to ' ~ grantees | join(', ')) %}
    {%- endfor -%}
{%- endmacro %}


{# Names and column definitions of a contract, its constraints behind them. #}
{% macro month_parent_contract(node) -%}
    {%- set names = node.columns.keys() | list -%}
    {%- set definitions = adapter.render_raw_columns_constraints(raw_columns=node.columns) -%}
    {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=node.constraints) -%}
    {{ return({
        'names': names,
        'added': dict(zip(names, definitions)),
        'ddl': definitions + constraints,
    }) }}
{%- endmacro %}


{# The columns of the parent: name -> type; empty when there is no parent. #}
{% macro month_parent_columns(parent) -%}
    {%- set query -%}
        select attname, format_type(atttypid, atttypmod)
        from pg_attribute
        where
            attrelid = to_regclass('{{ parent.schema }}.{{ parent.identifier }}')
            and attnum > 0
            and not attisdropped
    {%- endset -%}
    {%- set found = {} -%}
    {%- for row in run_query(query).rows -%}
        {%- do found.update({row[0]: row[1]}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{% macro refuse_removed_columns(parent, contract, existing) -%}
    {%- for name in existing if name not in contract.names -%}
        {% do exceptions.raise_compiler_error(
            parent ~ '.' ~ name ~ ' stands in built months and no longer in the contract. '
            ~ 'A column is never removed; keep it, null from now on.') %}
    {%- endfor -%}
{%- endmacro %}


{# Types are compared as the database knows them, on an empty table made from the contract. #}
{% macro refuse_changed_types(parent, shape) -%}
    {%- set wanted = month_parent_columns(shape) -%}
    {%- for name, type in month_parent_columns(parent).items() if type != wanted[name] -%}
        {% do exceptions.raise_compiler_error(
            parent ~ '.' ~ name ~ ' is ' ~ type ~ ' in built months and ' ~ wanted[name]
            ~ ' in the contract. A column never changes its type; add one with another name.') %}
    {%- endfor -%}
{%- endmacro %}


{# An index of the parent is inherited by every partition attached. #}
{% macro month_parent_index(parent, index) -%}
    create {{ 'unique' if index.unique }} index if not exists
    {{ parent.identifier }}__{{ index.columns | join('__') }}
    on {{ parent }} ({{ index.columns | join(', ') }})
{%- endmacro %}


{# Comments of table and columns, as the statements that set them. #}
{% macro month_parent_comments(parent, node) -%}
    {%- set documented = node.config.get('persist_docs') or {} -%}
    {%- set statements = [] -%}
    {%- if documented.get('relation') and node.description -%}
        {%- do statements.append(
            'comment on table ' ~ parent ~ ' is ' ~ postgres_escape_comment(node.description)) -%}
    {%- endif -%}
    {%- if documented.get('columns') -%}
        {%- for name, column in node.columns.items() if column.description -%}
            {%- do statements.append(
                'comment on column ' ~ parent ~ '.' ~ name ~ ' is '
                ~ postgres_escape_comment(column.description)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return([statements | join('; ')] if statements else []) }}
{%- endmacro %}


{# `dbt run-operation ensure_month_parents`: every parent, empty where it is new. #}
{% macro ensure_month_parents() -%}
    {% do run_query('begin') %}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model' and node.config.materialized == 'month_partition' -%}
        {%- set parent = api.Relation.create(
            database=node.database, schema=node.schema, identifier=node.alias, type='table') -%}
        {%- set shape = month_partition_relation(parent, '__shape') -%}
        {% do ensure_month_parent(parent, node) %}
        {% do run_query('create table ' ~ shape ~ ' ('
            ~ month_parent_contract(node).ddl | join(', ') ~ ')') %}
        {% do refuse_changed_types(parent, shape) %}
        {% do run_query('drop table ' ~ shape) %}
        {% do log('ready: ' ~ node.schema ~ '.' ~ node.alias, info=true) %}
    {%- endfor -%}
    {% do run_query('commit') %}
{%- endmacro %}
