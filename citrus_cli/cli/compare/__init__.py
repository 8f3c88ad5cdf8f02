"""`citrus compare`: several policies side by side."""
