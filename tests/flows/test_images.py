import math

import pytest
import torch
from torch.nn.functional import pixel_unshuffle
from torch.testing import assert_close

from pgmkit.flows import ChannelsFirst, Squeeze, bits_per_dim, squeeze, unsqueeze
from pgmkit.rng import fresh


def test_squeeze_is_the_formula_of_its_docstring():
    x = torch.arange(2 * 4 * 6 * 3, dtype=torch.get_default_dtype()).reshape(2, 4, 6, 3)
    z = squeeze(x)
    assert z.shape == (2, 2, 3, 12)
    for y, column, i, j, k in ((0, 0, 0, 0, 0), (1, 2, 1, 0, 2), (0, 1, 0, 1, 1), (1, 0, 1, 1, 0)):
        assert torch.equal(z[:, y, column, (2 * i + j) * 3 + k], x[:, 2 * y + i, 2 * column + j, k])


def test_squeeze_and_unsqueeze_undo_each_other():
    x = torch.randn(2, 4, 6, 3, generator=fresh(0))
    assert torch.equal(unsqueeze(squeeze(x)), x)
    z = torch.randn(2, 3, 1, 8, generator=fresh(0))
    assert torch.equal(squeeze(unsqueeze(z)), z)


def test_squeeze_of_one_channel_is_pytorchs():
    x = torch.randn(2, 4, 6, 1, generator=fresh(0))
    assert torch.equal(squeeze(x).permute(0, 3, 1, 2), pixel_unshuffle(x.permute(0, 3, 1, 2), 2))


def test_the_layers_go_from_latents_to_images():
    z = torch.randn(2, 3, 1, 8, generator=fresh(0))
    x, _ = Squeeze()(z)
    assert torch.equal(x, unsqueeze(z))
    image, _ = ChannelsFirst()(x)
    assert image.shape == (2, 2, 6, 2)
    assert torch.equal(image[:, 1, 4, 0], x[:, 4, 0, 1])


@pytest.mark.parametrize("bins", [2, 17, 256])
def test_a_uniform_density_has_log2_of_the_bins(bins):
    assert_close(bits_per_dim(torch.zeros(3), 64, bins), torch.full((3,), math.log2(bins)))


def test_bits_per_dim_of_256_grey_values_without_a_model_are_8():
    assert float(bits_per_dim(torch.tensor(0.0), 3 * 32 * 32, 256)) == 8


def test_bits_per_dim_count_what_a_code_would_need():
    """A density that spends 2^-3 on each pixel's own bin of 1 / 16 codes a pixel in three bits."""
    log_px = 10 * torch.tensor(16 / 8).log()
    assert float(bits_per_dim(log_px, 10, 16)) == pytest.approx(3)
    assert bits_per_dim(torch.zeros(2, 3), 5, 4).shape == (2, 3)
