"""The `stock` command, a module for each verb."""
