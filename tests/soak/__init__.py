"""Two hours at a steady rate: what memory and open files do meanwhile."""
