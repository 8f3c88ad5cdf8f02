"""Question sets, scored against accepted answers."""
