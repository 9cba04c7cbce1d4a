"""Known mistakes of sampling from a flow."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from pgmkit.checks.flows.density import sample_exam
from pgmkit.flows import Bijection

Latents = Callable[[nn.Module, int, float, Generator | None], Tensor]


def handed(base: nn.Module, n: int, temperature: float, generator: Generator | None) -> Tensor:
    """Latents as they should be drawn."""
    return base.sample(n, temperature=temperature, generator=generator)


def known(
    title: str,
    advice: str,
    latents: Latents = handed,
    *,
    out: Callable[[Bijection, Tensor, float], Tensor] = lambda f, z, T: f(z)[0],
) -> None:
    """Enter a mistake: other latents, or another way `out` of them."""

    def answer(n: int, f: Bijection, base: nn.Module, *, temperature: float = 1.0, generator: Generator | None = None) -> Tensor:
        return out(f, latents(base, n, temperature, generator), temperature)

    sample_exam.mistake(title, advice)(answer)


known(
    "The temperature is put on x",
    "T x is a smaller picture, not a more typical one. The temperature scales the base's draws: hand it to base.sample.",
    lambda base, n, T, g: base.sample(n, generator=g),
    out=lambda f, z, T: T * f(z)[0],
)
known(
    "The temperature is ignored",
    "At T below 1 draws come from nearer the base's middle. Hand temperature to base.sample.",
    lambda base, n, T, g: base.sample(n, generator=g),
)
known(
    "The temperature multiplies the draws outside the base",
    "The base knows what its middle is, and it need not be 0. Hand temperature to base.sample.",
    lambda base, n, T, g: T * base.sample(n, generator=g),
)
known("The temperature counts twice", "base.sample has applied it already.", lambda base, n, T, g: T * handed(base, n, T, g))
known(
    "1 / T in place of T",
    "A low temperature means typical draws: the base multiplies by T.",
    lambda base, n, T, g: handed(base, n, 1 / T, g),
)
known(
    "The root of T in place of T",
    "T is the factor of the standard deviation here: hand it on as it is.",
    lambda base, n, T, g: handed(base, n, T**0.5, g),
)
known(
    "The generator is ignored",
    "The same generator must give the same draws. Hand it to base.sample.",
    lambda base, n, T, g: base.sample(n, temperature=T),
)
known(
    "Generator and temperature are ignored",
    "Hand both to base.sample, by their names.",
    lambda base, n, T, g: base.sample(n),
)
known("One draw only", "n is the number of draws, and base.sample takes it.", lambda base, n, T, g: handed(base, 1, T, g))
known("The flow runs backwards", "Generation goes from z to x: call f(z), not f.inverse(z).", out=lambda f, z, T: f.inverse(z)[0])
known("The latents came back", "z_0 is a draw from the base. The flow turns it into x = f(z_0).", out=lambda f, z, T: z)
known("x and log_det came back", "f returns two things. A sample is the first one alone.", out=lambda f, z, T: f(z))
known("log_det came back", "f returns (x, log_det), in this order. A sample is x.", out=lambda f, z, T: f(z)[1])


@sample_exam.mistake(
    "The latents are standard normals of one's own", "The base says what z_0 is like; it need not be standard normal. Let base.sample draw."
)
def own_normals(n: int, f: Bijection, base: nn.Module, *, temperature: float = 1.0, generator: Generator | None = None) -> Tensor:
    stream = torch.Generator().manual_seed(1) if generator is None else generator
    return f(temperature * torch.randn(n, base.dims, generator=stream, dtype=torch.float64))[0]
