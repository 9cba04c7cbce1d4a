"""Real reviews, sentence by sentence: SST-2, MR and CR. None states a licence, so they are fetched, never shipped.

Splits are made at single spaces and newlines: some tokens hold other kinds of white space.
"""

import re
from collections.abc import Iterator

import torch

from pgmkit.data.download import fetch
from pgmkit.data.tokens import Sentences
from pgmkit.errors import describe, want_text


def lines(name: str, encoding: str = "utf-8") -> list[str]:
    """The lines of a public file that are not empty."""
    return [line.strip(" ") for line in fetch(name).decode(encoding).split("\n") if line.strip(" ")]


def sst2(split: str) -> Sentences:
    """Film reviews of the Stanford Sentiment Treebank, neutral ones left out: 6,920 sentences "train", 872 "dev" or 1,821 "test".

    Socher et al., 2013; the files of Kim, 2014.
    """
    if split not in ("train", "dev", "test"):
        raise ValueError(f"split must be train, dev or test; got {describe(split)}.")
    rows = lines(f"sst2/stsa.binary.{split}")
    return Sentences([row[2:].split(" ") for row in rows], torch.tensor([int(row[0]) for row in rows]))


def tree_nodes(tree: str) -> Iterator[tuple[int, list[str]]]:
    """Label 0 to 4 and words of every node of a tree "(3 (2 A) (4 joy))", the root last."""
    want_text(tree=tree)
    stack: list[tuple[int, list[str]]] = []
    for label, word in re.findall(r"\((\d) |([^ ()]+)|\)", tree):
        if label:
            stack.append((int(label), []))
        elif word:
            stack[-1][1].append(word.lower())
        else:
            yield (node := stack.pop())
            if stack:
                stack[-1][1].extend(node[1])


def sst2_phrases() -> Sentences:
    """All 76,961 phrases of the training trees that are not neutral, each once, with the label that it has first."""
    first: dict[tuple[str, ...], int] = {}
    for tree in lines("sst2/trees_train.txt.gz"):
        for label, words in tree_nodes(tree):
            first.setdefault(tuple(words), label)
    kept = {words: int(label > 2) for words, label in first.items() if label != 2}
    return Sentences([list(words) for words in kept], torch.tensor(list(kept.values())))


def two_files(stem: str, encoding: str) -> Sentences:
    """Negative sentences out of the file STEM.neg, then positive ones out of STEM.pos."""
    negative, positive = (lines(f"{stem}.{end}", encoding) for end in ("neg", "pos"))
    labels = torch.tensor([0] * len(negative) + [1] * len(positive))
    return Sentences([line.split(" ") for line in negative + positive], labels)


def mr() -> Sentences:
    """Film reviews: 5,331 negative, then 5,331 positive sentences. Pang and Lee, 2005. SST-2 was made from them."""
    return two_files("mr/rt-polarity", "cp1252")


def cr() -> Sentences:
    """Reviews of cameras, telephones and the like: 1,366 negative, then 2,405 positive sentences. Hu and Liu, 2004."""
    return two_files("cr/custrev", "ascii")
