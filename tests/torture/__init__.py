"""Kills the real commands and the database server at random points and checks what is left."""
