"""Images in a flow: channels last inside, 2x2 blocks squeezed into channels, bits per dimension."""

import math

from torch import Tensor

from pgmkit.errors import describe, want_count, want_tensor
from pgmkit.flows.bijection import Bijection, want_batch


def want_image(name: str, x: Tensor) -> None:
    """Raise unless x is a finite batch of images with channels last, shape (n, h, w, c)."""
    want_tensor("(n, h, w, c)", ndim=4, **{name: x})
    want_batch(**{name: x})


def squeeze(x: Tensor) -> Tensor:
    r"""Each 2x2 block of pixels becomes the channels of one position: (n, h, w, c) to (n, h/2, w/2, 4c).

    Args:
        x: images with channels last, shape (n, h, w, c), h and w even.

    Returns:
        shape (n, h/2, w/2, 4c); channel (2 i + j) c + k of position (y, x) is channel k of pixel (2 y + i, 2 x + j).

    L13, "GLOW". Dinh, Sohl-Dickstein and Bengio, 2017, section 3.6.
    """
    want_image("x", x)
    if x.shape[1] % 2 or x.shape[2] % 2:
        raise ValueError(f"x must have an even height and width, shape (n, h, w, c); got {describe(x)}. Pad or crop it.")
    n, h, w, c = x.shape
    blocks = x.reshape(n, h // 2, 2, w // 2, 2, c).transpose(2, 3)  # (n, h/2, w/2, 2, 2, c)
    return blocks.reshape(n, h // 2, w // 2, 4 * c)


def unsqueeze(z: Tensor) -> Tensor:
    r"""`squeeze` undone: (n, h/2, w/2, 4c) to (n, h, w, c).

    Args:
        z: shape (n, h/2, w/2, 4c), as `squeeze` returns it.

    Returns:
        images with channels last, shape (n, h, w, c).
    """
    want_image("z", z)
    if z.shape[3] % 4:
        raise ValueError(f"z must have a multiple of 4 channels, shape (n, h/2, w/2, 4c); got {describe(z)}.")
    n, h, w, c = z.shape
    blocks = z.reshape(n, h, w, 2, 2, c // 4).transpose(2, 3)  # (n, h, 2, w, 2, c/4)
    return blocks.reshape(n, 2 * h, 2 * w, c // 4)


def bits_per_dim(log_px: Tensor, dims: int, bins: int) -> Tensor:
    r"""log2(bins) - log p(x) / (dims log 2): bits for one value of an image whose `bins` grey values were scaled to [0, 1).

    The convention: p is the density of x = (k + u) / bins on [0, 1)^dims. A uniform density has log2(bins) bits.

    Args:
        log_px: log p(x) in nats, any shape.
        dims: values in one image, height * width * channels.
        bins: number of grey values.

    Returns:
        bits per dimension, of the shape of log_px; lower is better.

    Theis, van den Oord and Bethge, 2016.
    """
    want_tensor("(n,)", log_px=log_px)
    want_count(dims=dims, bins=bins)
    return math.log2(bins) - log_px / (dims * math.log(2))


class Squeeze(Bijection):
    """From latents (n, h/2, w/2, 4c) to images (n, h, w, c): `forward` is `unsqueeze`. Nothing is stretched, so log_det = 0."""

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """`unsqueeze`."""
        return unsqueeze(z), z.new_zeros(len(z))

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """`squeeze`."""
        return squeeze(x), x.new_zeros(len(x))


class ChannelsFirst(Bijection):
    """From channels last (n, h, w, c) to PyTorch's images (n, c, h, w): the outermost layer of an image flow; log_det = 0."""

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """(n, h, w, c) to (n, c, h, w)."""
        want_image("z", z)
        return z.permute(0, 3, 1, 2), z.new_zeros(len(z))

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(n, c, h, w) to (n, h, w, c)."""
        want_tensor("(n, c, h, w)", ndim=4, x=x)
        want_batch(x=x)
        return x.permute(0, 2, 3, 1), x.new_zeros(len(x))
