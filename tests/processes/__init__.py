"""Promises that only whole processes can show: starting, stopping, dying, coming back."""
