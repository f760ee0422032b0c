"""Schedules: how slots are created and withdrawn."""
