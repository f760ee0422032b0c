"""Waiting: patients' wishes for slots that come free, and the offers made to them."""
