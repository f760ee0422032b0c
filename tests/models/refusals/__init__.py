"""Promises of models/refusals."""
