"""Promises of models/schedules."""
