"""Promises of tasks/mail."""
