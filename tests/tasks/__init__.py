"""Promises of the tasks."""
