"""Doing a task's units once each, with a journal on the disk."""
