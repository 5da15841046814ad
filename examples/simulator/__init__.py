"""A simulated county: deterministic returns, consistent between forms and over months.

`world.simulate_county` makes the tables, `files.write_county` the returns from them, and
`planting` puts known errors into finished files. What a clean simulation promises stands in
`docs/simulator.md`. Nothing here imports the checks it is meant to test.
"""
