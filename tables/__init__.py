"""What must survive: each kind of memory, and the only code that writes it."""
