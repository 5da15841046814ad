"""The answer to a reporting unit, in its folder of the outbox: Chinese first, English second.

`answers` decides and writes; `scribe` and `child` compose workbooks in a limited process.
Nothing is imported here, so that this process starts quickly.
"""
