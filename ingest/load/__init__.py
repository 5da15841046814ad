"""A judged batch becomes rows of `raw` and of the ledger, in one transaction."""
