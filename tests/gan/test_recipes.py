from functools import partial

import pytest
import torch

from pgmkit.data.toy2d import ring
from pgmkit.gan.recipes import set_up, train_gan, train_wgan, train_wgan_gp
from pgmkit.metrics import sliced_w1
from pgmkit.rng import fresh

RECIPES = [train_gan, partial(train_gan, saturating=True), train_wgan, train_wgan_gp]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_repeats_itself_and_leaves_the_global_state_alone(recipe):
    before = torch.get_rng_state()
    x, again, other = (recipe(ring(), seed=seed, rounds=4).sample(5, generator=fresh(0)) for seed in (3, 3, 4))
    assert (torch.get_rng_state() == before).all()
    assert x.shape == (5, 2)
    assert (x == again).all()
    assert (x != other).any()


def test_what_comes_back_is_the_average():
    table = set_up(0)
    table.keep()
    start = [p.clone() for p in table.average.module.parameters()]
    with torch.no_grad():
        for p in table.model.parameters():
            p.add_(1.0)
    table.keep()
    for p, p_0 in zip(table.average.module.parameters(), start, strict=True):
        assert torch.allclose(p, p_0 + 0.005)


def test_training_brings_the_samples_closer_to_the_data():
    data = ring(std=0.3)
    y = data.sample(2000, generator=fresh(1))
    far, near = (
        float(sliced_w1(train_gan(data, rounds=rounds).sample(2000, generator=fresh(2)).detach(), y, generator=fresh(3)))
        for rounds in (4, 600)
    )
    assert near < far / 2


def test_the_rounds_fall_into_four_parts():
    with pytest.raises(ValueError, match="multiple of 4"):
        train_gan(ring(), rounds=10)
