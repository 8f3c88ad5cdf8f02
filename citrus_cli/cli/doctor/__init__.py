"""`citrus doctor`: what this machine can run."""
