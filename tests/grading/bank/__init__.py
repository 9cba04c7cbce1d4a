"""A bank of submissions: hostile ones that must gain nothing and spoil nothing, and odd but honest ones that must lose nothing."""

from bank import exhaustion, honest, injection, libraries, notebooks, objects, places, protocol, searches, violence
from bank.book import BANK, EXERCISES, Book, Submission, World

KINDS = list(dict.fromkeys(entry.kind for entry in sorted(BANK, key=lambda entry: (entry.timeout, entry.kind))))
"""The classes, those with endless loops first, because they take the longest."""

__all__ = [
    "BANK",
    "EXERCISES",
    "KINDS",
    "Book",
    "Submission",
    "World",
    "exhaustion",
    "honest",
    "injection",
    "libraries",
    "notebooks",
    "objects",
    "places",
    "protocol",
    "searches",
    "violence",
]
