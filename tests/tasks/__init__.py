"""Promises of the room tasks."""
