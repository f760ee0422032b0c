"""Promises of the models."""
