"""One document's reading: a plain pass through the first layers, and what finds in it."""
