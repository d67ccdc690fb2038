"""The formats, as data: one file for each family."""
