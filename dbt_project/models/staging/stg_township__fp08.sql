-- FP-08 as filed: the rows of the returns frozen into each month's build in force.
{{ staged_form("fp08") }}
