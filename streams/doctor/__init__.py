"""Is everything reachable and sane: one diagnosis a check, each with what to do."""
