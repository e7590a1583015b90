"""Reading extracts of the medical record: files in, people, facts and notes out, each with its source."""
