"""Mail: renders letters and sends them by SMTP."""
