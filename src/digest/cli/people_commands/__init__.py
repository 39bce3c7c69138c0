"""The panel People: lists, imports, and one person."""
