"""A hostile file becomes typed values: preflight and parsing in a limited child process."""
