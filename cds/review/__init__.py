"""Weeks later: what was shown and decided, whether it can be shown again, and where the service does badly."""
