"""HTTP and WebSocket: the endpoint, pages, health and metrics; identifies callers, decides nothing."""
