"""Promises of models/accounts."""
