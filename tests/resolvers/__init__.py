"""Promises of the room resolvers."""
