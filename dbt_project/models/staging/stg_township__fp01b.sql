-- FP-01b as filed: the rows of the returns frozen into each month's build in force.
{{ staged_form("fp01b") }}
