"""The promises of e-Rejestracja, one test each."""
