"""The laws of the parser: properties that hold for any input and any division into fragments."""
