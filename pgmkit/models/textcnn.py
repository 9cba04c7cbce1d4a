"""A convolutional network for sentences: word vectors, filters of several widths, the largest answer of each filter."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pgmkit.data.tokens import PADDING
from pgmkit.errors import describe, want_count, want_tensor


class TextCNN(nn.Module):
    """logits(x) = W max_t relu(conv(vectors of x))_t + b, with dropout before W; the class with number 1 is "positive".

    A sentence is padded on both sides by the width of the filters, so its logits do not depend on the zeros that a batch adds to it.
    W starts at zero: before training every class is equally likely.

    Args:
        vectors: first word vectors, one row for each number of a word, shape (V, d); they are trained too, but for row 0, the padding.
        widths: of the filters, in words.
        maps: filters of each width.
        classes: k.
        dropout: share of the features left out in training.

    Kim, 2014.
    """

    def __init__(
        self, vectors: Tensor, *, widths: Sequence[int] = (2, 3, 4), maps: int = 24, classes: int = 2, dropout: float = 0.4
    ) -> None:
        super().__init__()
        want_tensor("(V, d)", ndim=2, vectors=vectors)
        want_count(maps=maps, classes=classes, **{f"widths[{i}]": width for i, width in enumerate(widths)})
        padded = vectors.clone().index_fill(0, torch.tensor([PADDING]), 0.0)
        self.vectors = nn.Embedding.from_pretrained(padded, freeze=False, padding_idx=PADDING)
        self.filters = nn.ModuleList(nn.Conv1d(vectors.shape[1], maps, width, padding=width) for width in widths)
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(maps * len(widths), classes)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits, shape (n, k), of padded rows of words' numbers, shape (n, L), as `encode` makes them."""
        if not isinstance(ids, Tensor) or ids.ndim != 2 or ids.dtype != torch.int64:
            raise ValueError(f"ids must hold whole numbers of words, shape (n, L), dtype int64; got {describe(ids)}. See encode.")
        longest = int((ids != PADDING).sum(1).max()) if len(ids) else 0
        x = self.vectors(ids[:, : max(1, longest)]).transpose(1, 2)  # (n, d, longest): the rest is padding alone
        features = torch.cat([F.relu(conv(x).amax(2)) for conv in self.filters], 1)  # (n, maps * widths); relu and max commute
        return self.last(self.dropout(features))

    def log_probs(self, ids: Tensor) -> Tensor:
        """log p(y|x) for every class, shape (n, k); ids as for `forward`."""
        return self(ids).log_softmax(1)
