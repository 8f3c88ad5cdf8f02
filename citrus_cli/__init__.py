"""citrus: ask long documents anything, on your own machine, in memory that does not grow."""
