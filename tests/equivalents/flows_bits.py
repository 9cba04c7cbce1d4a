"""Other right answers to the exercises on bits per dimension and dequantisation: all earn full marks."""

import math

import numpy as np
import torch
from torch.distributions import Uniform


def noise_in_place(k, bins, *, generator=None):
    u = torch.empty_like(k).uniform_(0, 1, generator=generator)
    return u.add_(k).div_(bins)


def noise_image_by_image(k, bins, *, generator=None):
    return torch.stack([(image + torch.rand(image.shape, generator=generator, dtype=k.dtype)) / bins for image in k])


EQUIVALENTS = {
    "bits_per_dim": {
        "nats of [0, bins), then bits": lambda log_px, dims, bins: -(log_px - dims * math.log(bins)) / dims / math.log(2),
        "log2 of e": lambda log_px, dims, bins: math.log(bins, 2) - log_px * math.log2(math.e) / dims,
        "tensors throughout": lambda log_px, dims, bins: (
            torch.tensor(float(bins)).double().log2() - log_px / dims / torch.tensor(2.0).double().log()
        ),
        "numpy's logarithm": lambda log_px, dims, bins: log_px.div(-dims * np.log(2)).add(np.log2(bins)),
    },
    "dequantise": {
        "rand_like's shape": lambda k, bins, *, generator=None: (k + torch.rand(k.shape, generator=generator, dtype=k.dtype)) / bins,
        "uniform_ of an empty tensor": noise_in_place,
        "image by image": noise_image_by_image,
        "one minus the noise": lambda k, bins, *, generator=None: (
            k / bins + torch.rand(*k.shape, generator=generator).to(k.dtype).mul(-1).add(1 - 1e-8) / bins
        ),
        "torch.distributions without a generator": lambda k, bins, *, generator=None: (
            (k + Uniform(0.0, 1.0).sample(k.shape).double()) / bins
            if generator is None
            else (k + torch.rand(k.shape, generator=generator)) / bins
        ),
    },
}
