"""The GraphQL endpoint over HTTP, WebSocket and event streams."""
