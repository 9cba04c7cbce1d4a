"""Problem set 2: borrowing in a roundabout way earns nothing, credit is partial, and an odd answer meets a clear word."""

import math

import numpy as np
import pytest
import torch
from claims import is_borrowed, lost, take
from torch import nn

from pgmkit import gan
from pgmkit.checks import PROBLEM_SETS

PS2 = {exam.name: exam for exam in PROBLEM_SETS["ps2"]}
POINTS = {
    "parallel_lines": 6,
    "w1_samples": 7,
    "w1_grid": 6,
    "kr_dual_value": 6,
    "critic_loss": 3,
    "wgan_generator_loss": 2,
    "clip_weights_": 7,
    "critic_phase": 8,
    "mlp_lipschitz_bound": 5,
    "gradient_penalty": 3,
}
w1_by_another_name = gan.w1_samples


def test_points_and_order():
    assert {name: exam.points for name, exam in PS2.items()} == POINTS
    assert list(PS2) == list(POINTS)
    assert sum(points for name, points in POINTS.items() if name != "gradient_penalty") == 50


def weights(x):
    return torch.full_like(x, 1 / len(x))


def samples_on_a_grid(x, y):
    points, order = torch.cat([x, y]).sort()
    zeros = torch.zeros_like(points)
    return gan.w1_grid((zeros + torch.cat([weights(x), 0 * y]))[order], (zeros + torch.cat([0 * x, weights(y)]))[order], points)


def phase_by_players(critic, model, optimizer, batches, latents, *, loss, clip, turns):
    from pgmkit.train import Player

    player = Player("critic", lambda x: loss(critic(x), critic(model(next(latents)).detach())), optimizer, after=lambda: clip(critic))
    return [player.turn(next(batches)).item() for _ in range(turns)]


BORROWERS = {
    "an alias imported before": ("w1_samples", lambda x, y: w1_by_another_name(x, y)),
    "the weighted distance": ("w1_samples", lambda x, y: gan.w1_weighted(x, weights(x), y, weights(y))),
    "the distance on a grid": ("w1_samples", samples_on_a_grid),
    "the linear programme": ("w1_samples", lambda x, y: gan.w1_primal(weights(x), weights(y), (x[:, None] - y).abs()).value),
    "the weighted distance on a grid": ("w1_grid", lambda p, q, grid: gan.w1_weighted(grid, p, grid, q)),
    "players": ("critic_phase", phase_by_players),
}


@pytest.mark.parametrize("name, answer", BORROWERS.values(), ids=BORROWERS)
def test_borrowed_through_another_function(name, answer):
    is_borrowed(name, answer)


def test_the_library_answers_again_after_an_exam():
    take("w1_samples", w1_by_another_name)
    assert gan.w1_weighted(torch.zeros(1), torch.ones(1), torch.ones(1), torch.ones(1)) == 1


PARTIAL = {
    "signed W1 loses that row only": ("parallel_lines", lambda t: gan_lines(t, w1=t), 5),
    "kl alone is right": ("parallel_lines", lambda t: {"kl": math.inf if t else 0.0}, 1),
    "right but detached": ("w1_samples", lambda x, y: pooled(x, y).detach(), 5.5),
    "equal sizes only": ("w1_samples", lambda x, y: (x.sort().values - y.sort().values).abs().mean(), 2.5),
    "no batches": ("w1_grid", lambda p, q, grid: ((p - q).cumsum(0)[:-1].abs() * grid.diff()).sum(), 4.5),
    "the flag is always True": ("kr_dual_value", lambda f, p, q, cost, bound=1.0: ((p - q) @ f / bound, True), 3.5),
    "no flag": ("kr_dual_value", lambda f, p, q, cost, bound=1.0: ((p - q) @ f / bound, None), 2.5),
    "ReLU networks only": ("mlp_lipschitz_bound", lambda mlp: spectral_product(mlp), 3.5),
    "no graph": ("gradient_penalty", lambda *a: detached_penalty(*a), 2),
}


def gan_lines(theta, w1):
    return {"kl": math.inf, "js": math.log(2), "tv": 1.0, "w1": w1} if theta else dict.fromkeys(("kl", "js", "tv", "w1"), 0.0)


def pooled(x, y):
    return (x.sort().values.repeat_interleave(len(y)) - y.sort().values.repeat_interleave(len(x))).abs().mean()


def spectral_product(mlp):
    return math.prod(float(torch.linalg.svdvals(layer.weight.detach())[0]) for layer in mlp if isinstance(layer, nn.Linear))


def detached_penalty(critic, real, fake, eps):
    eps = eps.reshape(-1, *[1] * (real.ndim - 1))
    x = (eps * real + (1 - eps) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(critic(x).sum(), x)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


@pytest.mark.parametrize("name, answer, points", PARTIAL.values(), ids=PARTIAL)
def test_partial_credit(name, answer, points):
    for seed in (0, 3):
        assert take(name, answer, seed).score == points


def crash_on_call(name, k):
    """The reference's own code, except that its k-th call fails."""
    original, count = PS2[name].reference, [0]
    right = type(original)(original.__code__, original.__globals__, name, original.__defaults__, original.__closure__)
    right.__kwdefaults__ = original.__kwdefaults__

    def answer(*args, **kwargs):
        count[0] += 1
        if count[0] == k:
            raise RuntimeError("this call failed")
        return right(*args, **kwargs)

    return answer


@pytest.mark.parametrize("name", PS2)
def test_one_crash_costs_one_observation(name):
    verdict = take(name, crash_on_call(name, 2))
    assert len(lost(verdict)) == 1
    assert 0 < verdict.score < verdict.points


def test_inputs_changed_in_place_do_not_spoil_other_observations():
    def greedy(x, y):
        value = pooled(x, y)
        with torch.no_grad():
            x.zero_(), y.zero_()
        return value

    def destroyed(f, p, q, cost, bound=1.0):
        value, feasible = (p - q) @ f / bound, bool(((f[:, None] - f).abs() <= bound * cost + 1e-9).all())
        cost.zero_()
        return value, feasible

    assert set(lost(take("w1_samples", greedy))) <= {"gradient that reaches x", "gradient that reaches y"}
    assert take("kr_dual_value", destroyed).score == 6


def test_answers_may_come_as_numbers_tensors_or_lists():
    as_tensors = {"kl": torch.tensor(math.inf), "js": torch.tensor(2.0).log(), "tv": torch.tensor(1), "w1": None}
    answer = lambda t: as_tensors | {"w1": torch.tensor(abs(t))} if t else dict.fromkeys(as_tensors, 0)  # noqa: E731
    assert take("parallel_lines", answer).score == 6


def test_numpy_scalars_count_as_numbers():
    def answer(f, p, q, cost, bound=1.0):
        return (p - q) @ f / bound, np.all((f[:, None] - f).abs().detach().numpy() <= bound * cost.numpy() + 1e-9)

    assert take("kr_dual_value", answer).score == 6


@pytest.mark.parametrize(
    "came, said",
    [(None, "is there a return?"), ((1.0, 2.0), "a tuple instead of a dict"), ({"KL": 1.0}, "a dict without 'kl', with KL")],
)
def test_a_result_of_the_wrong_kind_is_described(came, said):
    verdict = take("parallel_lines", lambda theta: came)
    assert verdict.score == 0
    assert said in verdict.diagnosis.advice


def test_what_the_critic_leaves_in_its_gradients_is_not_graded():
    def tidy(critic, model, optimizer, batches, latents, *, loss, clip, turns):
        losses = []
        for _ in range(turns):
            optimizer.zero_grad()
            value = loss(critic(next(batches)), critic(model(next(latents)).detach()))
            value.backward()
            optimizer.step()
            clip(critic)
            losses.append(value.item())
            optimizer.zero_grad()
        return losses

    assert take("critic_phase", tidy).score == 8
