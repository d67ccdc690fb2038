"""One file for each law of the parser: properties that hold for any input, however it is cut."""
