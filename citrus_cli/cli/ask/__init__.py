"""`citrus ask`: documents and questions in, answers out."""
