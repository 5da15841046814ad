{# The measures of money that are added up as filed. #}
{% macro fund_measures() -%}
    {{ return([
        'planned_yuan_year', 'expected_yuan_year', 'carried_in_yuan',
        'issued_yuan_month', 'issued_yuan_ytd', 'issued_yuan_fund_year',
        'in_place_yuan_month', 'in_place_yuan_ytd', 'in_place_yuan_fund_year',
        'paid_yuan_month', 'paid_yuan_ytd', 'paid_yuan_fund_year',
        'reimbursed_yuan_month', 'reimbursed_yuan_ytd', 'reimbursed_yuan_fund_year',
        'issued_yuan_ytd_lump', 'issued_yuan_ytd_estimated',
    ]) }}
{%- endmacro %}

{# Those that also stand for the same month of the year before. #}
{% macro fund_measures_with_last_year() -%}
    {{ return(['issued_yuan_ytd', 'in_place_yuan_ytd', 'paid_yuan_ytd', 'reimbursed_yuan_ytd']) }}
{%- endmacro %}

{# The measures that decide the status of a row of the fund marts. #}
{% macro fund_row_measures() -%}
    {%- set measures = [] -%}
    {%- for measure in fund_measures() if not measure.endswith(('_lump', '_estimated')) -%}
        {%- do measures.append(measure) -%}
    {%- endfor -%}
    {%- for measure in fund_measures_with_last_year() -%}
        {%- do measures.append(measure ~ '_last_year') -%}
    {%- endfor -%}
    {{ return(measures) }}
{%- endmacro %}

{# Rates of money: (name, numerator, denominator), both of one filing unit. #}
{% macro fund_rates() -%}
    {{ return([
        ('in_place_rate_pct', 'in_place_yuan_fund_year', 'issued_yuan_fund_year'),
        ('in_place_of_plan_pct', 'in_place_yuan_ytd', 'planned_yuan_year'),
        ('expenditure_progress_pct', 'paid_yuan_fund_year', 'in_place_yuan_fund_year'),
        ('year_spending_rate_pct', 'paid_yuan_ytd', '(carried_in_yuan + in_place_yuan_ytd)'),
        ('reimbursement_rate_pct', 'reimbursed_yuan_fund_year', 'in_place_yuan_fund_year'),
        ('growth_pct', '(issued_yuan_ytd - issued_yuan_ytd_last_year)', 'issued_yuan_ytd_last_year'),
        ('lump_share_pct', 'issued_yuan_ytd_lump', 'issued_yuan_ytd'),
        ('estimated_share_pct', 'issued_yuan_ytd_estimated', 'issued_yuan_ytd'),
    ]) }}
{%- endmacro %}
