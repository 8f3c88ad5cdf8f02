"""Time and memory by the length of the text."""
