"""Reading clinical English: words, quantities, negation and the like, for every part that must understand a sentence."""
