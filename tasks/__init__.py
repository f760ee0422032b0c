"""What happens later: letters, texts, reminders, decisions in the background; each safe to run twice.

The package knows all its tasks, so that whoever runs the broker runs every one of them.
"""

from tasks import applications, housekeeping, letters, reminders, texts

__all__ = ["applications", "housekeeping", "letters", "reminders", "texts"]
