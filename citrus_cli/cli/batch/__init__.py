"""`citrus batch`: every question about every document."""
