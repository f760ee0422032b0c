"""Promises of web/endpoint."""
