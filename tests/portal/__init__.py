"""Promises of the patient's portal, kept in a real browser."""
