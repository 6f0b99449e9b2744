"""Read-only pages over Faust's web: tables, health, metrics."""
