"""Promises of the resolvers."""
