"""Promises of the room portal."""
