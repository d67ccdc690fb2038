"""The wire APIs, one file each: what is peculiar to an API stays in its file, with the reason."""
