"""The promises of e-Rejestracja, each checked by a test."""
