"""The simulator: real ledger, folds and lanes against a modelled Kafka; every seed a universe."""
