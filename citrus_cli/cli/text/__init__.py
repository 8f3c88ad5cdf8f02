"""`citrus text`: what the model is given of documents, without a model."""
