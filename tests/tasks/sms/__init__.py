"""Promises of tasks/sms."""
