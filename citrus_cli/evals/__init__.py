"""Measuring what is remembered of texts, and what that costs: on the user's own files too."""
