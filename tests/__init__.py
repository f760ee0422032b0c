"""What e-Rejestracja promises, sentence by sentence."""
