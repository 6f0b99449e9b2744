"""`stock verify`'s own arithmetic: the log recomputed by code the worker does not use."""
