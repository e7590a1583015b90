"""What is known: guidelines and records kept, versioned, indexed and searched."""
