"""What is true about stock and money: pure functions on plain values."""
