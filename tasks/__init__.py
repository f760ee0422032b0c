"""Deferred work: letters, texts, reminders and background decisions; every task is safe to run twice.

This package imports every module that defines a task, so any process that imports the broker knows all tasks.
"""

from tasks import account_requests, freed_slots, housekeeping, letters, reminders, slot_horizon, texts

__all__ = ["account_requests", "freed_slots", "housekeeping", "letters", "reminders", "slot_horizon", "texts"]
