"""Small networks: enough for every lecture on one CPU thread."""

from itertools import pairwise

from torch import nn

from pgmkit.errors import describe, want_count


def mlp(*widths: int, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """Linear maps of the given widths with an activation between them: `mlp(2, 64, 64, 2)`.

    Args:
        widths: input width, hidden widths, output width.
        activation: class of the activation, made without arguments.

    Returns:
        Maps (n, widths[0]) to (n, widths[-1]).
    """
    if len(widths) < 2:
        raise ValueError(f"mlp needs an input and an output width, as in mlp(2, 64, 1); got {widths}.")
    want_count(**{f"widths[{i}]": w for i, w in enumerate(widths)})
    if isinstance(activation, nn.Module) or not callable(activation):
        raise ValueError(f"activation must be a class such as nn.ReLU, not an object; got {describe(activation)}.")
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out), activation()]
    return nn.Sequential(*layers[:-1])


def score_mlp(*widths: int, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """One number for each x: `score_mlp(2, 64, 64)` maps (n, 2) to (n,). A discriminator's logit, a critic's score."""
    if not widths:
        raise ValueError("score_mlp needs an input width, as in score_mlp(2, 64); got no width.")
    return nn.Sequential(*mlp(*widths, 1, activation=activation), nn.Flatten(0))
