"""What happens later: letters, texts, reminders, decisions in the background; each safe to run twice."""
