"""Promises of models/visits."""
