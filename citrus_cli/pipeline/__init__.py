"""What one question goes through: from documents to indexes, to what is read, to an answer."""
