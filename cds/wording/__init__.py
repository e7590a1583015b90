"""Reading clinical English: words, quantities and negation, for every part that must understand it."""
