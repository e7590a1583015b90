"""CSV files: one kind of thing a file, columns by a documented mapping that can be overridden."""
