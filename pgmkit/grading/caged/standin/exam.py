"""What a closed function raises inside the cage."""


class BorrowedAnswer(Exception):
    """The answer called the library's own function instead of doing the work."""
