"""Test tools: clients, servers and processes, and helpers for the cast's actions."""
