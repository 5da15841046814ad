"""The real returns rebuilt from documents."""
