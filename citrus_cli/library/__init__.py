"""The library: what was read of each document, kept on disk for later questions."""
