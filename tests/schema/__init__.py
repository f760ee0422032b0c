"""Promises of the room schema."""
