"""Faults on a real Kafka with real doors and workers, one a file."""
