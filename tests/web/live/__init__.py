"""Promises of web/live."""
