r"""Maximum-entropy inverse reinforcement learning: the reward under which the demonstrations are most likely."""

import torch
from torch import Tensor

from pgmkit.errors import describe, want_count, want_nonempty, want_positive, want_tensor
from pgmkit.knowledge.estep import snis


def fit_maxent_reward(demos: Tensor, features: Tensor, steps: int, lr: float = 0.5) -> Tensor:
    r"""w that maximises (1/n) sum_i log q_w(x_i), with q_w(x) proportional to exp{w . features(x)}, by gradient ascent from w = 0.

    The gradient is the mean of the features over the demonstrations minus their mean under q_w, summed over all x exactly.

    Args:
        demos: which x was demonstrated, as a row of `features`, shape (n,), dtype int64.
        features: one row for each possible x (a state, or a whole path of a small world), shape (m, k).
        steps: steps of ascent.
        lr: their length.

    Returns:
        Shape (k,): the weights of the reward R(x) = w . features(x), which is known up to a constant only.

    LKC, "Maximum-Entropy Inverse Reinforcement Learning (MaxEnt IRL)", with alpha = 1. Ziebart et al., 2008.
    """
    want_nonempty("(m, k)", features=features)
    want_tensor("(m, k)", ndim=2, features=features)
    want_count(steps=steps)
    want_positive(lr=lr)
    if not isinstance(demos, Tensor) or demos.dtype != torch.int64 or demos.ndim != 1 or not len(demos):
        raise ValueError(f"demos must be rows of features, shape (n,) and dtype int64, at least one; got {describe(demos)}.")
    if bool(((demos < 0) | (demos >= len(features))).any()):
        raise ValueError(f"demos must be rows of features, 0 to {len(features) - 1}; got {int(demos.min())} to {int(demos.max())}.")
    w = torch.zeros_like(features[0])
    wanted = features[demos].mean(0)  # (k,)
    for _ in range(steps):
        q = (features @ w).softmax(0)  # (m,)
        w = w + lr * (wanted - q @ features)
    return w


def fit_sampled_reward(demos: Tensor, samples: Tensor, steps: int, lr: float = 0.5) -> tuple[Tensor, Tensor]:
    r"""The same ascent where nobody can list all x: the mean under q_w comes from samples of the reference, weighted by exp{w . features}.

    Args:
        demos: features of the demonstrations, shape (n, k).
        samples: features of K samples of the reference distribution, shape (K, k).
        steps: steps of ascent.
        lr: their length.

    Returns:
        `(w, ess)`: weights of shape (k,), and the effective sample size at the end, a scalar. A small one is a warning.

    LKC, "Maximum-Entropy Inverse Reinforcement Learning (MaxEnt IRL)". Finn, Levine and Abbeel, 2016, use a learned sampler.
    """
    want_nonempty("(n, k)", demos=demos, samples=samples)
    want_tensor("(n, k)", ndim=2, demos=demos, samples=samples)
    want_count(steps=steps)
    want_positive(lr=lr)
    if demos.shape[1] != samples.shape[1]:
        raise ValueError(f"demos and samples must have the same features; got {tuple(demos.shape)} and {tuple(samples.shape)}.")
    w = torch.zeros_like(samples[0])
    wanted = demos.mean(0)
    for _ in range(steps):
        weights, _ = snis(samples @ w, 1.0)
        w = w + lr * (wanted - weights @ samples)
    return w, snis(samples @ w, 1.0)[1]
