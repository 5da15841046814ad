{# The measures of projects that are added up as filed: (name in the marts, column of the fact). #}
{% macro project_measures() -%}
    {{ return([
        ('units', 'units'),
        ('applied_yuan', 'applied_yuan'),
        ('approved_yuan', 'approved_yuan'),
        ('planned_yuan', 'planned_yuan'),
        ('investment_done_yuan_ytd', 'investment_done_yuan_ytd'),
        ('investment_done_yuan', 'investment_done_yuan_total'),
        ('benefit_households', 'benefit_households'),
        ('benefit_persons', 'benefit_persons'),
    ]) }}
{%- endmacro %}

{# The days in the life of a project, in their order. #}
{% macro project_dates() -%}
    {{ return([
        'apply_date', 'approve_date', 'start_date', 'complete_date', 'twp_accept_date',
        'cty_accept_date', 'handover_date', 'audit_date',
    ]) }}
{%- endmacro %}

{# What a line of projects tells only where all its rows agree. #}
{% macro project_attributes() -%}
    {{ return([
        'project_name', 'programme_code', 'plan_year', 'batch_no', 'construct_mode', 'place_code',
        'filing_unit_code', 'state_code', 'progress_pct',
    ] + project_dates()) }}
{%- endmacro %}

{# The measures and dates that decide the status of a row of `project_status`. #}
{% macro project_row_measures() -%}
    {%- set measures = ['state_code', 'progress_pct', 'issued_yuan_total', 'paid_yuan_total'] -%}
    {%- for measure, column in project_measures() -%}
        {%- do measures.append(measure) -%}
    {%- endfor -%}
    {{ return(measures + project_dates()) }}
{%- endmacro %}

{# Rates of projects over their life: (name, numerator, denominator), numbers of projects. #}
{% macro project_rates() -%}
    {{ return([
        ('start_rate_pct', 'is_started', 'is_approved'),
        ('completion_rate_pct', 'is_completed', 'is_approved'),
        ('acceptance_pass_rate_pct', 'is_completed and is_county_accepted', 'is_completed'),
        ('handover_rate_pct', 'is_county_accepted and is_handed_over', 'is_county_accepted'),
    ]) }}
{%- endmacro %}
