"""Refusals as GraphQL types."""
