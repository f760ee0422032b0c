"""Visits: how they are booked, moved and cancelled, and what follows from each change."""
