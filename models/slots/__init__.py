"""Slots: the times at which doctors see patients in clinics, and which of them are free."""
