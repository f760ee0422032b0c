"""Promises of models/admin."""
