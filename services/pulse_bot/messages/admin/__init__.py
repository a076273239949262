"""What champions see and do."""
