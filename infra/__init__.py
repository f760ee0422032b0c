"""Infrastructure without any domain: database, clock, cryptography, logs, metrics, tracing."""
