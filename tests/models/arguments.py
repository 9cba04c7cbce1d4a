"""Wrong arguments of the small models, for `test_arguments.py`: (call, what was wanted, what came)."""

import math

import torch

from pgmkit.models import autoregressive, tabular, vae

X, WRONG, WHOLE = torch.zeros(4, 2), torch.zeros(4, 3), torch.zeros(4, 2, dtype=torch.int64)
INT = "(4, 2) and dtype int64"


def grid():
    return autoregressive.GridAR(2, bins=3, hidden=4).float()


def model():
    return vae.VAE(2, hidden=4).float()


CASES = {
    tabular.Tabular: [
        (lambda: tabular.Tabular(X), "logits must have shape (m,)", "(4, 2)"),
        (lambda: tabular.Tabular(X[:0, 0]), "logits must hold at least one value", "(0,)"),
        (lambda: tabular.Tabular([0.0]), "logits must be a floating-point tensor", "[0.0]"),
    ],
    tabular.Tabular.sample: [
        (lambda: tabular.Tabular(X[0]).sample(0), "n must be a whole number", "got 0"),
        (lambda: tabular.Tabular(X[0]).sample(2, generator=3), "CPU torch.Generator", "got 3"),
    ],
    tabular.Tabular.log_prob: [
        (lambda: tabular.Tabular(X[0]).log_prob(X[0]), "x must be whole numbers of shape (n,)", "(2,)"),
        (lambda: tabular.Tabular(X[0]).log_prob(WHOLE), "x must be whole numbers of shape (n,)", INT),
    ],
    autoregressive.prefixes: [
        (lambda: autoregressive.prefixes(X), "onehot must have shape (n, d, k)", "(4, 2)"),
        (lambda: autoregressive.prefixes(WHOLE), "onehot must be a floating-point tensor", INT),
    ],
    autoregressive.GridAR: [
        (lambda: autoregressive.GridAR(0), "dim must be a whole number", "got 0"),
        (lambda: autoregressive.GridAR(2, bins=1.5), "bins must be a whole number", "got 1.5"),
        (lambda: autoregressive.GridAR(2, extent=-1), "extent must be a positive number", "got -1"),
        (lambda: autoregressive.GridAR(2, hidden=None), "hidden must be a whole number", "None"),
    ],
    autoregressive.GridAR.logits: [
        (lambda: grid().logits(torch.zeros(4, 2, 5)), "onehot must have shape (n, 2, 3)", "(4, 2, 5)"),
        (lambda: grid().logits(torch.zeros(4, 2, 3).long()), "onehot must be a floating-point tensor", "int64"),
    ],
    autoregressive.GridAR.log_prob: [
        (lambda: grid().log_prob(WRONG), "x must be finite and have shape (n, 2)", "(4, 3)"),
        (lambda: grid().log_prob(X * math.nan), "x must be finite", "(4, 2)"),
        (lambda: grid().log_prob(WHOLE), "x must be a floating-point tensor", INT),
    ],
    autoregressive.GridAR.sample: [
        (lambda: grid().sample(0), "n must be a whole number", "got 0"),
        (lambda: grid().sample(2, generator=3), "CPU torch.Generator", "got 3"),
    ],
    vae.gaussian_log_prob: [
        (lambda: vae.gaussian_log_prob(X, X, WRONG), "must have the same shape", "log_s (4, 3)"),
        (lambda: vae.gaussian_log_prob(X[0], X[0], X[0]), "x must have shape (n, d)", "(2,)"),
    ],
    vae.gaussian_kl: [
        (lambda: vae.gaussian_kl(X, WRONG), "must have the same shape", "log_s (4, 3)"),
        (lambda: vae.gaussian_kl(1.0, X), "mu must be a floating-point tensor", "got 1.0"),
    ],
    vae.VAE: [
        (lambda: vae.VAE(0), "dim must be a whole number", "got 0"),
        (lambda: vae.VAE(2, 1.5), "latent_dim must be a whole number", "got 1.5"),
        (lambda: vae.VAE(2, hidden=0), "hidden must be a whole number", "got 0"),
        (lambda: vae.VAE(2, std=0), "std must be a positive number", "got 0"),
    ],
    vae.VAE.encode: [(lambda: model().encode(WRONG), "x must have shape (n, 2)", "(4, 3)")],
    vae.VAE.log_likelihood: [
        (lambda: model().log_likelihood(X, WRONG), "z must have shape (n, 2)", "(4, 3)"),
        (lambda: model().log_likelihood(X, X[:3]), "must have the same shape", "(3, 2)"),
        (lambda: model().log_likelihood(WHOLE, X), "x must be a floating-point tensor", INT),
    ],
    vae.VAE.elbo: [
        (lambda: model().elbo(WHOLE), "x must be a floating-point tensor", INT),
        (lambda: model().elbo(X, generator=0), "CPU torch.Generator", "got 0"),
    ],
    vae.VAE.sample: [
        (lambda: model().sample(-1), "n must be a whole number", "got -1"),
        (lambda: model().sample(2, generator="cpu"), "CPU torch.Generator", "'cpu'"),
    ],
}
