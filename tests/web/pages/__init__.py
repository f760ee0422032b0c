"""Promises of web/pages."""
