"""Administration: the demo, key rotation, exports and closing of accounts."""
