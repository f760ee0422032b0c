"""Promises of the infrastructure."""
