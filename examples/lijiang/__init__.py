"""Lijiang city, November 2009: returns rebuilt from a document (see examples/README.md)."""
