"""Batches and transactions inside Faust: exactly once, one transaction a cut."""
