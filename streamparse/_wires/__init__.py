"""The adapters of the wire APIs, one file each, with the quirks of the API and their reasons."""
