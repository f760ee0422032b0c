"""Promises of models/waiting."""
