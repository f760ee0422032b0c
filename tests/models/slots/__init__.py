"""Promises of models/slots."""
