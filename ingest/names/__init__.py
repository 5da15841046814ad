"""A place, village or project written by its name becomes its code, or is asked about.

Exact names and short forms are taken where they are unique within the unit, a slip is taken with
a warning, everything else is an error with the nearest names: never a guess (ADR 15).
"""
