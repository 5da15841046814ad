{#
  One month of a model, replaced as a whole: `parent partition by list (stat_month)`, one
  partition a month. The month is built aside with the contract's columns, keys and checks,
  then swapped in. All of it is one transaction: when a type, a column, a null or a duplicate
  key is wrong, or a newer build has taken over, the old partition stays as it was.
#}
{% materialization month_partition, adapter='postgres' %}
    {%- set parent = this.incorporate(type='table') -%}
    {%- set month = run_stat_month() -%}
    {%- set suffix = '__' ~ month.replace('-', '')[:6] -%}
    {%- set partition = month_partition_relation(parent, suffix) -%}
    {%- set stage = month_partition_relation(parent, suffix ~ '_next') -%}

    {%- if not config.get('contract').enforced -%}
        {% do exceptions.raise_compiler_error(
            this ~ ': a month-partitioned model needs an enforced contract.') %}
    {%- endif -%}
    {%- if not run_build_token() -%}
        {% do exceptions.raise_compiler_error(
            this ~ ': TMW_RUN_STAT_MONTH, _BUILD_ID and _BUILD_TOKEN name the build; none is given.') %}
    {%- endif -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% do ensure_month_parent(parent, model) %}

    {% call statement('stage') -%}
        drop table if exists {{ stage }};
        create table {{ stage }}
        {{ get_assert_columns_equivalent(sql) }}
        {{ get_table_columns_and_constraints() }};
        alter table {{ stage }} add constraint month_of_partition
        check (stat_month = {{ run_month() }});
    {%- endcall %}

    {% do refuse_changed_types(parent, stage) %}

    {% call statement('main') -%}
        insert into {{ stage }} ({{ adapter.dispatch('get_column_names', 'dbt')() }})
        {%- set selected = get_select_subquery(sql) %}
        (
            {{ selected }}
        );
    {%- endcall %}

    {% do check_build_token() %}

    {% call statement('swap') -%}
        {%- if month_partition_exists(partition) %}
        alter table {{ parent }} detach partition {{ partition }};
        drop table {{ partition }};
        {%- endif %}
        alter table {{ stage }} rename to {{ partition.identifier }};
        alter table {{ parent }} attach partition {{ partition }} for values in ({{ run_month() }});
        alter table {{ partition }} drop constraint month_of_partition;
    {%- endcall %}

    {% do run_query('analyze ' ~ partition) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [parent]}) }}
{% endmaterialization %}


{# The relation of a month beside its parent; a name too long would be cut off silently. #}
{% macro month_partition_relation(parent, suffix) -%}
    {%- set identifier = parent.identifier ~ suffix -%}
    {%- if identifier | length > parent.relation_max_name_length() -%}
        {% do exceptions.raise_compiler_error('The name of ' ~ identifier ~ ' is too long.') %}
    {%- endif -%}
    {{ return(parent.incorporate(path={'identifier': identifier})) }}
{%- endmacro %}


{# Whether the month has a partition (asked of the catalogue: dbt's cache may be older). #}
{% macro month_partition_exists(partition) -%}
    {%- set found = run_query(
        "select to_regclass('" ~ partition.schema ~ "." ~ partition.identifier ~ "') is not null") -%}
    {{ return(found.columns[0].values()[0]) }}
{%- endmacro %}


{# Stop when the build is no longer the one in force: only one writer may swap. The row stays
   locked until the swap is committed, so that no newer build can begin in between. #}
{% macro check_build_token() -%}
    {%- set query -%}
        select build_id from {{ source('ops', 'build') }}
        where
            build_id = {{ run_build_id() }}
            and token = cast('{{ run_build_token() }}' as uuid)
            and stat_month = {{ run_month() }}
            and in_force
        for update
    {%- endset -%}
    {%- if run_query(query).rows | length != 1 -%}
        {% do exceptions.raise_compiler_error(
            'Build ' ~ run_build_id() ~ ' of ' ~ run_stat_month()
            ~ ' is not in force (any more): a newer build has taken over, nothing was written.') %}
    {%- endif -%}
{%- endmacro %}
