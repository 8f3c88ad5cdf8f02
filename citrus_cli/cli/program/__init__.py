"""How `citrus` runs as a program: its group of commands, failures, Ctrl-C."""
