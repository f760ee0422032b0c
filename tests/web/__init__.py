"""Promises of the room web."""
