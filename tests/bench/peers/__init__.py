"""Others who could do this work, side by side with ours in one run: `stock bench --peers`."""
