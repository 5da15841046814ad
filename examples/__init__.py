"""Real returns rebuilt from documents (see examples/README.md)."""
