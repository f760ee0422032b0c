"""Schedules: how slots come into being and go away again."""
