"""PDF: words at their places, put back into columns, paragraphs, lists and tables."""
