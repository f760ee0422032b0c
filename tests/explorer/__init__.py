"""Promises of the explorer: a receptionist's day in the desk's panels, in a real browser."""
