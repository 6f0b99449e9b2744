"""`stock rebuild`: cards and marks anew, from the log and from what was published of it."""
