"""Promises that only whole processes can prove: starting, stopping, crashing and restarting."""
