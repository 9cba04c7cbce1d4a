"""Sentences as lists of words, and as padded rows of numbers for a network."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor

from pgmkit.errors import describe, want_count, want_instance

PADDING, UNKNOWN, FIRST = 0, 1, 2


class Sentences(NamedTuple):
    """Sentences as lists of words, and their labels, shape (n,): 0 negative, 1 positive."""

    tokens: list[list[str]]
    labels: Tensor


def want_tokens(**sentences: Sequence[Sequence[str]]) -> None:
    """Raise unless every named argument is a list of sentences, each a list of words: a plain text would fall into letters."""
    for name, tokens in sentences.items():
        if not isinstance(tokens, Sequence) or not all(isinstance(s, list | tuple) and all(isinstance(w, str) for w in s) for s in tokens):
            raise ValueError(f'{name} must be a list of lists of words, as in [["not", "bad"]]; got {describe(tokens)}.')


def number_words(tokens: Sequence[Sequence[str]], *, least: int = 1) -> dict[str, int]:
    """A number for each word that occurs `least` times or more: 2, 3, ... in order of the alphabet; 0 is padding, 1 an unknown word."""
    want_tokens(tokens=tokens)
    want_count(least=least)
    counts = Counter(chain.from_iterable(tokens))
    return {word: i for i, word in enumerate(sorted(word for word, count in counts.items() if count >= least), FIRST)}


def encode(tokens: Sequence[Sequence[str]], numbers: Mapping[str, int]) -> Tensor:
    """Words as numbers, shape (n, longest), int64: 1 for a word without a number, 0 after the end of a sentence."""
    want_tokens(tokens=tokens)
    want_instance(Mapping, numbers=numbers)
    ids = torch.full((len(tokens), max([1, *map(len, tokens)])), PADDING)
    for row, sentence in zip(ids, tokens, strict=True):
        row[: len(sentence)] = torch.tensor([numbers.get(word, UNKNOWN) for word in sentence], dtype=torch.int64)
    return ids
