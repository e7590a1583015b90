"""The decision: a question in, a checked answer out, and the record of it."""
