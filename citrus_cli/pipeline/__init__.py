"""What one question goes through: documents become indexes, an index gives views, a view an answer."""
