"""Each flow of reading on one screen."""
