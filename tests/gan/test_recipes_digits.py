import pytest
import torch
from torch.testing import assert_close

from pgmkit.data.digits import dequantised, digit_batches, digits
from pgmkit.data.digits_features import features
from pgmkit.gan.recipes_digits import averaging, clipped_digits, digit_generator, penalty_digits, plain_digits, r1_digits
from pgmkit.metrics import frechet_distance
from pgmkit.rng import fresh, seeded
from pgmkit.train import play

RECIPES = {
    "plain": (plain_digits, {}),
    "r1": (r1_digits, {"decay": 0.9}),
    "clipping": (clipped_digits, {"decay": 0.9}),
    "penalty": (penalty_digits, {"decay": 0.9}),
}


def made(recipe, seed, **kwargs):
    with seeded(seed):
        return recipe(generator=fresh(seed + 1), **kwargs)


def drawn(model):
    with torch.no_grad():
        return model.sample(300, generator=fresh(9))


def distance(model):
    held_out = dequantised(digits()[1].x, generator=fresh(8))
    return float(frechet_distance(features(drawn(model)), features(held_out)))


@pytest.mark.parametrize("name", ["r1", "clipping", "penalty"])
def test_a_short_game_improves_on_the_untrained_generator(name):
    recipe, kwargs = RECIPES[name]
    model, players = made(recipe, 0, **kwargs)
    before = distance(model)
    play(players, digit_batches(64, generator=fresh(2)), rounds=120, progress=False)
    assert distance(model) < before / 2


@pytest.mark.parametrize("name", RECIPES)
def test_one_seed_gives_one_model_and_pixels_in_the_unit_interval(name):
    recipe, kwargs = RECIPES[name]
    found = []
    for seed in (3, 3, 4):
        model, players = made(recipe, seed, **kwargs)
        play(players, digit_batches(32, generator=fresh(seed)), rounds=3, progress=False)
        found.append(drawn(model))
    assert torch.equal(found[0], found[1]) and not torch.equal(found[0], found[2])
    assert found[0].shape == (300, 64) and found[0].min() >= 0 and found[0].max() <= 1


def test_the_global_generator_stays_where_it_was():
    before = torch.get_rng_state()
    _, players = made(r1_digits, 0)
    play(players, digit_batches(8, generator=fresh(0)), rounds=1, progress=False)
    assert torch.equal(before, torch.get_rng_state())


def test_clipping_holds_every_weight_of_the_critic():
    _, players = made(clipped_digits, 0, bound=0.02)
    play(players, digit_batches(8, generator=fresh(0)), rounds=2, progress=False)
    assert max(float(w.detach().abs().max()) for group in players[0].optimizer.param_groups for w in group["params"]) <= 0.02


def test_averaging_is_the_exponential_moving_average_of_what_it_saw():
    model = digit_generator()
    average, move = averaging(model, decay=0.75)
    w, seen = model.net[0].weight, []
    for value in (1.0, 2.0, 5.0):
        torch.nn.init.constant_(w, value)
        move()
        seen.append(average.net[0].weight[0, 0].item())
    assert_close(torch.tensor(seen), torch.tensor([1.0, 1.25, 2.1875]))
