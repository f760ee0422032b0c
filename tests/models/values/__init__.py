"""Promises of models/values."""
