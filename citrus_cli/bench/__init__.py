"""What reading costs on this machine: speed, memory, start-up, indexes."""
