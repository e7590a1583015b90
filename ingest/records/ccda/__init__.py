"""C-CDA R2.1 documents (and the R1.1 that many vendors still send), by template and by section."""
