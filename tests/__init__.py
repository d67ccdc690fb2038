"""The tests mirror the modules of the package. They are a package, so that they share helpers."""
