"""From weights on text back to passages, and from an answer back to where its facts stand.

Text and numbers: nothing here needs a model.
"""
