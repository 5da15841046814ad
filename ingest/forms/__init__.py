"""The definition of every form: YAML and csv, and the objects read from them."""
