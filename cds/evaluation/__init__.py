"""How well answers are: labelled cases, figures from them, and reports others can repeat."""
