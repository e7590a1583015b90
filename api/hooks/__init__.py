"""CDS Hooks 2.0: the medical record asks by its own standard, and is answered with cards."""
