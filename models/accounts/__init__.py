"""Accounts: the people who sign in, patients and their records, and staff."""
