"""Reading: files in, passages and facts out."""
