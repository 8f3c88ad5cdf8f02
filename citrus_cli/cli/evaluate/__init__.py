"""`citrus eval`: what policies remember, measured."""
