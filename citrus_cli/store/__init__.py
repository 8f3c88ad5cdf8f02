"""The store: the states of documents that were read once, kept on disk for later questions."""
