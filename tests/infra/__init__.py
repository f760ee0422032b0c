"""Promises of infra."""
