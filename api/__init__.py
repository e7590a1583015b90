"""The doors: HTTP, pages and the command line. The only place where things are built."""
