"""Tests with real processes: the same commands as on an operator's hosts, on free ports, with servers of their own."""
