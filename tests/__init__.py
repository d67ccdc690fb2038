"""The tests mirror the package, module by module; a package so that they can share helpers."""
