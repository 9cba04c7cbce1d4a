"""Features of 8x8 digits for the Frechet distance: the last hidden layer of a small classifier.

`digits_features.npz` holds its weights. `python -m pgmkit.data.digits_features` makes the file again, the same bytes, and
prints the classifier's accuracy on held-out digits.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pgmkit.data.batches import shuffled
from pgmkit.data.digits import Digits, dequantised, digits
from pgmkit.errors import want_count, want_instance, want_tensor
from pgmkit.nets import mlp
from pgmkit.rng import fresh, randn

NAME = "digits_features.npz"
WIDTHS = (64, 128, 32, 10)
ROUNDS = 1500


def classifier() -> nn.Sequential:
    """An MLP from 64 pixels to 10 logits; its last hidden layer holds 32 features in [-1, 1]."""
    return mlp(*WIDTHS, activation=nn.Tanh)


def trained(train: Digits, *, rounds: int = ROUNDS) -> nn.Sequential:
    """The classifier after `rounds` steps on dequantised digits, in float64, so that a rounded copy is the same everywhere."""
    want_instance(Digits, train=train)
    want_count(rounds=rounds)
    generator = fresh(0)
    net = classifier().double()
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_(0.1 * randn(*weight.shape, generator=generator, like=weight))
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.1)
    for rows, _ in zip(shuffled(torch.arange(len(train.y)), 128, generator=generator), range(rounds), strict=False):
        x = dequantised(train.x[rows].double(), generator=generator)
        optimizer.zero_grad()
        F.cross_entropy(net(x), train.y[rows], label_smoothing=0.05).backward()
        optimizer.step()
    return net


def save(net: nn.Sequential, path: Path) -> None:
    """Write the weights in float32. The file depends on the weights alone: numpy dates every entry 1980."""
    want_instance(nn.Module, net=net)
    want_instance(Path, path=path)
    np.savez(path, **{name: w.float().numpy() for name, w in net.state_dict().items()})


@cache
def packaged() -> nn.Sequential:
    """The classifier with the packaged weights, in float32."""
    net = classifier().float()
    with (files("pgmkit.data") / NAME).open("rb") as file, np.load(file) as weights:
        net.load_state_dict({name: torch.from_numpy(weights[name]) for name in weights.files})
    return net.requires_grad_(False)


def features(x: Tensor) -> Tensor:
    """Features of dequantised digits.

    Args:
        x: pixels in [0, 1], shape (n, 64).

    Returns:
        The classifier's last hidden layer, shape (n, 32), values in [-1, 1], float32.
    """
    want_tensor("(n, 64)", ndim=2, x=x)
    return packaged()[:-1](x.float())


def classify(x: Tensor) -> Tensor:
    """The classifier's label, 0 to 9, for dequantised digits x of shape (n, 64); shape (n,)."""
    return packaged()[-1](features(x)).argmax(1)


def accuracy(net: nn.Sequential, held_out: Digits) -> float:
    """Share of held-out digits, dequantised with a fixed seed, that the classifier names right."""
    want_instance(nn.Sequential, net=net)
    want_instance(Digits, held_out=held_out)
    x = dequantised(held_out.x, generator=fresh(1)).to(net[0].weight)
    with torch.no_grad():
        return float((net(x).argmax(1) == held_out.y).double().mean())


if __name__ == "__main__":
    torch.set_num_threads(1)
    train, held_out = digits()
    net = trained(train)
    save(net, Path(__file__).with_name(NAME))
    print(f"accuracy on {len(held_out.y)} held-out digits: {accuracy(net, held_out):.3f}")
