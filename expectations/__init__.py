"""May this month be published? One suite per mart, thresholds with reason and owner, the gate."""
