-- FP-02b as filed: the rows of the returns frozen into each month's build in force.
{{ staged_form("fp02b") }}
