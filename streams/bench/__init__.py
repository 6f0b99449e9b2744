"""`stock bench`: figures of this machine, on a real Kafka started for them."""
