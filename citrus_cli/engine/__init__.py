"""The method: chunked reading with state eviction guided by the instruction (arXiv 2406.12018).

Knows tensors and token ids; knows nothing of files, tokenizers or terminals.
"""
