"""The example at the foot of a command's help."""


def example(text: str) -> str:
    """Return a help epilogue with one example."""
    return f"Example: {text}"
