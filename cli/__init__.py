"""The `tmw` command: the same functions that the scheduler's tasks and the tests call."""
