"""Promises of the patient's portal, checked in a real browser."""
