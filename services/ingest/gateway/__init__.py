"""The HTTP gateway: what business systems report, into the same topics as everything else. No personal data."""
