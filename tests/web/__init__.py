"""Promises of the web layer."""
