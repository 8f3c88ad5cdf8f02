"""Measuring: what the cache remembers, and what it costs."""
