"""Infrastructure that knows nothing of the domain: database, clock, cryptography, logs, metrics, tracing."""
