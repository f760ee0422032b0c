"""Promises of models/events."""
