"""The edge is tested as the world meets it: over HTTP, by friends and by others."""
