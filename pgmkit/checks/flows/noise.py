"""Exam of dequantisation. Draws differ from answer to answer, so it looks at what all right draws have in common."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.data.digits import dequantised
from pgmkit.data.grey import dequantise
from pgmkit.rng import fresh, seeded

noise_exam = Exam(
    dequantise,
    minutes=8,
    difficulty=1,
    closes=(dequantised,),
    hints=(
        "A density over whole numbers can be made as high as one likes. Spread every value evenly over its bin.",
        "Every value of every image needs a noise of its own, uniform on [0, 1). Which function takes a generator and a shape?",
        "Draw uniforms with the shape, the dtype and the generator that came, add them to k, and scale so that the largest value "
        "stays below 1.",
    ),
)
PIXELS = (60, 6, 5, 4)


def levels(bins: int, generator: Generator, *shape: int) -> Tensor:
    """Whole grey values, all of them present."""
    k = torch.randint(bins, shape, generator=generator).double()
    return torch.cat([torch.arange(bins, dtype=torch.float64), k.flatten()])[: k.numel()].reshape(shape)


def words(x: Any) -> str:
    """Words for what is no tensor of doubles."""
    if not isinstance(x, Tensor):
        return f"a {type(x).__name__} came back, not a tensor"
    if x.dtype != torch.float64:
        return f"the dtype is {x.dtype}, not that of k"
    return "" if x.isfinite().all() else "not all values are finite"


def kept(x: Tensor, k: Tensor, bins: int) -> float:
    """The share of values that are still in their bin, floor(bins x) = k, to one digit; 1 only if all are."""
    share = float(((bins * x + 1e-9).floor() == k).double().mean())
    return share if share == 1 else min(round(share, 1), 0.95)


def spread(u: Tensor) -> dict[str, float | str]:
    """Where the noise lies, to one digit: the same for every right draw of this size."""
    below, above = (round(float(share.double().mean()), 1) for share in (u < 0, u >= 1))
    low, high = bool(u.min() < 0.25), bool(u.max() > 0.75)
    ends = {(True, True): "both ends", (True, False): "the lower end only", (False, True): "the upper end only"}
    return {"share below 0": below, "share of 1 and above": above, "reaches": ends.get((low, high), "no end")}


def shared(u: Tensor, k: Tensor) -> str:
    """Which entries of the noise, shaped like images (n, h, w, c) and added to k, are the same."""
    if bool((u - u.flatten()[0]).abs().max() < 1e-9):
        return "one noise for everything"
    if all(u[k == value].std() < 1e-9 for value in k.unique()):
        return "equal grey values share their noise"
    repeats = {name: (u - u.narrow(i, 0, 1)).abs().max() < 1e-9 for i, name in enumerate(("images", "rows", "columns", "channels"))}
    same = [name for name, equal in repeats.items() if equal]
    return f"all {' and '.join(same)} share their noise" if same else "every value has its own noise"


@noise_exam.probe
def probe_noise(answer: Answer, generator: Generator) -> Observations:
    k, photos = levels(17, generator, *PIXELS), levels(256, generator, *PIXELS)
    seed = int(torch.randint(2**31, (), generator=generator))

    def draw(s: int = seed) -> Any:
        return answer(k.clone(), 17, generator=fresh(s))

    def kept_photos() -> Any:
        x = answer(photos.clone(), 256, generator=fresh(seed))
        return words(x) or kept(x, photos, 256)

    def looked(look: Callable[[Tensor], Any]) -> Any:
        x = draw()
        return words(x) or look(x)

    def repeats() -> str:
        with seeded(0):
            state = torch.random.get_rng_state()
            first, second, other = draw(), draw(), draw(seed + 1)
            if words(first):
                return words(first)
            if not torch.equal(state, torch.random.get_rng_state()):
                return "the global generator was used"
        again = "the same draws again" if torch.equal(first, second) else "other draws"
        return f"the same seed gives {again}, another seed {'the same ones' if torch.equal(first, other) else 'others'}"

    def unseeded() -> str:
        given = k.clone()
        with seeded(0):
            first, second = answer(given, 17), answer(given, 17)
        if words(first):
            return words(first)
        return f"{'new' if not torch.equal(first, second) else 'the same'} noise, k {'as it was' if torch.equal(given, k) else 'changed'}"

    yield "17 grey values: the share that stays in its bin, floor(17 x) = k", lambda: looked(lambda x: kept(x, k, 17)), 0.5
    yield "256 grey values: the share that stays in its bin, floor(256 x) = k", kept_photos, 0.25
    yield "where the noise u = 17 x - k lies", lambda: looked(lambda x: spread(17 * x - k)), 0.25
    yield "who shares a noise", lambda: looked(lambda x: shared(17 * x - k, k)), 0.5
    yield "what the generator decides", repeats, 0.25
    yield "without a generator: two calls on the same k", unseeded, 0.25


def uniform(k: Tensor, generator: Generator | None, *shape: int) -> Tensor:
    """Uniforms of the given shape, or of k's."""
    return torch.rand(shape or k.shape, generator=generator, dtype=k.dtype)


def unasked() -> Generator:
    """A generator that nobody has seeded: it is another one in every call."""
    own = Generator()
    own.seed()
    return own


def known(
    title: str,
    advice: str,
    noise: Callable[[Tensor, Generator | None], Tensor] = uniform,
    out: Callable[[Tensor, Tensor, int], Tensor] = lambda k, u, bins: (k + u) / bins,
) -> None:
    """Enter a mistake: another noise, or another way to add it."""

    def answer(k: Tensor, bins: int, *, generator: Generator | None = None) -> Tensor:
        return out(k, noise(k, generator), bins)

    noise_exam.mistake(title, advice)(answer)


known(
    "One noise for the whole batch",
    "Every value of every image needs a u of its own: draw with the shape of k.",
    lambda k, g: uniform(k, g, 1),
)
known(
    "One noise for each image",
    "Every value of an image needs a u of its own: draw with the shape of k.",
    lambda k, g: uniform(k, g, len(k), *[1] * (k.ndim - 1)),
)
known(
    "The same noise for every image",
    "Every image needs a noise of its own: draw with the shape of k, the batch included.",
    lambda k, g: uniform(k, g, *k.shape[1:]),
)
known(
    "One noise for each pixel, shared by its channels",
    "Every channel needs a u of its own: draw with the shape of k.",
    lambda k, g: uniform(k, g, *k.shape[:-1], 1),
)
known(
    "The noise is centred: [-1/2, 1/2)",
    "Then k = 0 falls below 0, and the bins overlap with those of their neighbours. u lies in [0, 1).",
    lambda k, g: uniform(k, g) - 0.5,
)
known("The noise lies in [-1, 1)", "Then a value may leave its bin. u lies in [0, 1).", lambda k, g: 2 * uniform(k, g) - 1)
known(
    "The noise is normal",
    "Normal noise leaves the bin, and bins overlap. u is uniform on [0, 1): rand, not randn.",
    lambda k, g: torch.randn(k.shape, generator=g, dtype=k.dtype),
)
known(
    "The noise fills only a part of the bin",
    "u is uniform on [0, 1): the bins have to touch, or the density has holes.",
    lambda k, g: uniform(k, g) / 2,
)
known("There is no noise", "Whole values have no density: spread each one evenly over its bin.", lambda k, g: torch.zeros_like(k))
known(
    "The noise is added after the scaling", "A bin is 1 / bins wide, and u is up to 1: (k + u) / bins.", out=lambda k, u, bins: k / bins + u
)
known("It is not scaled", "k + u lies in [0, bins). Divide by bins.", out=lambda k, u, bins: k + u)
known(
    "It is divided by bins - 1",
    "The largest value is bins - 1 plus a noise below 1, so k + u stays below bins: divide both by bins.",
    out=lambda k, u, bins: (k + u) / (bins - 1),
)
known(
    "It is always divided by 256",
    "256 belongs to photographs. The caller says how many: use the argument.",
    out=lambda k, u, bins: (k + u) / 256,
)
known("The noise is subtracted", "A value k is spread over [k, k + 1): add u.", out=lambda k, u, bins: (k - u) / bins)
known(
    "The generator is ignored",
    "The same generator must give the same noise, and the global one stays alone: hand generator on.",
    lambda k, g: uniform(k, None),
)
known(
    "The noise is the same at every call",
    "A seed of one's own makes every epoch see the same noise. Draw from the generator that came.",
    lambda k, g: uniform(k, fresh(0)),
)
known(
    "The noise comes from elsewhere",
    "Other sources, as numpy or random, do not hear the generator. Draw with torch or with rand, and hand generator on.",
    lambda k, g: uniform(k, unasked()),
)
known(
    "The noise comes in single precision",
    "x takes the dtype of k: draw with dtype=k.dtype, and convert nothing to float32.",
    out=lambda k, u, bins: ((k + u) / bins).float(),
)
known(
    "k is changed in place",
    "k += u and k.add_(u) overwrite the caller's data. Make a new tensor: k + u.",
    out=lambda k, u, bins: k.add_(u).div(bins),
)
known(
    "k is changed in place and returned",
    "k += u and k /= bins overwrite the caller's data. Make a new tensor: k + u.",
    out=lambda k, u, bins: k.add_(u).div_(bins),
)
