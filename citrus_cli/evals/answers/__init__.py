"""What the tasks share that ask questions about texts."""
