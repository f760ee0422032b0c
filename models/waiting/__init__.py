"""Waiting: patients' wishes for slots that become free, and the offers made to them."""
