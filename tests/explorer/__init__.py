"""Promises of the room explorer: a receptionist's day in the desk's panels, in a real browser."""
