"""`citrus chat`: a conversation about documents."""
