"""Policies and rewards on a world small enough to list every path."""

import math

import pytest
import torch
from torch.func import grad
from torch.testing import assert_close

from pgmkit.knowledge import (
    DICTIONARY,
    GridWorld,
    erpo_policy,
    fit_maxent_reward,
    fit_sampled_reward,
    pr_e_step,
    pr_objective,
    reps,
    tilt,
    tilted_policies,
)
from pgmkit.rng import fresh


@pytest.fixture
def world():
    return GridWorld(side=3, horizon=4)


@pytest.fixture
def reward():
    return torch.randn(9, 5, generator=fresh(0))


def uniform(world):
    return torch.full((world.states, 5), -math.log(5))


def test_moves_and_walls(world):
    there = world.next_states()
    assert there[0].tolist() == [0, 3, 0, 1, 0]
    assert there[4].tolist() == [1, 7, 3, 5, 4]
    assert there[8].tolist() == [5, 8, 7, 8, 8]
    paths = world.walk(world.all_actions())
    assert paths.shape == (625, 5)
    assert len({tuple(a) for a in world.all_actions().tolist()}) == 625
    assert_close(world.visits(paths).sum(1), torch.full((625,), 4.0))
    assert GridWorld(side=2, horizon=1).walk(GridWorld(side=2, horizon=1).all_actions()).tolist() == [
        [0, 0],
        [0, 2],
        [0, 0],
        [0, 1],
        [0, 0],
    ]


def test_one_function_solves_both_columns_of_the_dictionary(reward):
    """PR's E-step and ERPO's new policy are the same function of (p, f, alpha) and (p_pi, R, alpha)."""
    log_pi = torch.randn(9, 5, generator=fresh(1)).log_softmax(-1)
    assert_close(erpo_policy(log_pi, reward, 1.4), pr_e_step(log_pi, reward, 1.4), rtol=0, atol=0)
    assert set(DICTIONARY) == {"x", "p", "f", "alpha", "q", "learned"}
    assert all(len(pair) == 2 and all(pair) for pair in DICTIONARY.values())


def test_the_policy_is_the_conditional_of_the_tilted_pairs(reward):
    """x = (s, a), p(x) = mu(s) pi(a|s): tilting pairs moves the states too, but the actions of a state are those of ERPO."""
    log_mu = torch.randn(9, generator=fresh(2)).log_softmax(0)
    log_pi = torch.randn(9, 5, generator=fresh(1)).log_softmax(-1)
    joint = tilt((log_mu[:, None] + log_pi).flatten(), 1.4 * reward.flatten()).reshape(9, 5)
    assert_close(joint.log_softmax(-1), erpo_policy(log_pi, reward, 1.4))
    assert (joint.exp().sum(1) - log_mu.exp()).abs().max() > 0.02


def test_policies_by_recursion_are_the_tilt_of_all_paths(world, reward):
    log_pi = torch.randn(9, 5, generator=fresh(4)).log_softmax(-1)
    actions = world.all_actions()
    at = world.walk(actions)[:, :-1]
    reference = log_pi[at, actions].sum(1)
    log_q = tilt(reference, 1.3 * reward[at, actions].sum(1))
    policies = tilted_policies(log_pi, reward, world.next_states(), 1.3, 4)
    assert_close(sum(policies[t][at[:, t], actions[:, t]] for t in range(4)), log_q, rtol=0, atol=1e-12)


def test_draws_follow_the_policies(world, reward):
    policies = tilted_policies(uniform(world), reward, world.next_states(), 1.0, 4)
    actions = world.act(policies, 200_000, generator=fresh(0))
    shares = torch.bincount(actions[:, 0], minlength=5) / len(actions)
    assert_close(shares, policies[0, 0].exp(), atol=5e-3, rtol=0)
    assert_close(world.act(policies, 5, generator=fresh(1)), world.act(policies, 5, generator=fresh(1)))


def test_relative_entropy_policy_search(world, reward):
    """States flow into themselves, and no other stationary q has a smaller objective."""
    log_p = torch.randn(9, 5, generator=fresh(3)).flatten().log_softmax(0).reshape(9, 5)
    there = world.next_states()
    log_q, V = reps(log_p, reward, there, 1.3)
    flow = torch.zeros(9).index_add(0, there.flatten(), log_q.exp().flatten())
    assert_close(flow, log_q.exp().sum(1), atol=1e-7, rtol=0)
    assert_close(V.sum(), torch.tensor(0.0), atol=1e-12, rtol=0)
    best = pr_objective(log_q.flatten(), log_p.flatten(), reward.flatten(), 1.3)
    for seed in range(20):
        other, _ = reps(log_p, reward + torch.randn(9, 5, generator=fresh(seed)), there, 1.3)
        assert pr_objective(other.flatten(), log_p.flatten(), reward.flatten(), 1.3) > best


def test_the_reward_of_demonstrations_exactly(world):
    """Features of demonstrations and of q agree at the end, q is that of the true reward, and a constant offset changes nothing."""
    paths = world.walk(world.all_actions())
    features = world.visits(paths)
    true = torch.tensor([0.0, 0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.5])
    demos = torch.multinomial((features @ true).softmax(0), 40_000, replacement=True, generator=fresh(0))
    w = fit_maxent_reward(demos, features, 3000, 0.3)
    q = (features @ w).softmax(0)
    assert_close(q @ features, features[demos].mean(0), atol=1e-5, rtol=0)
    assert ((w - w.mean()) - (true - true.mean())).abs().max() < 0.15
    offset = fit_maxent_reward(demos, features + 3.0, 3000, 0.3)
    assert_close((features @ offset).softmax(0), q, atol=1e-6, rtol=0)


def test_the_ascent_follows_the_likelihood(world):
    features = torch.randn(12, 3, generator=fresh(0))
    demos = torch.tensor([0, 3, 3, 7])
    slope = grad(lambda w: (features @ w).log_softmax(0)[demos].mean())(torch.zeros(3))
    assert_close(fit_maxent_reward(demos, features, 1, 0.25), 0.25 * slope)


def test_the_reward_from_samples(world):
    paths = world.walk(world.all_actions())
    features = world.visits(paths)
    demos = torch.multinomial(
        (features @ torch.tensor([0, 0, 1.0, 0, -1.0, 0, 0, 0, 0.5])).softmax(0), 4000, replacement=True, generator=fresh(0)
    )
    exact = fit_maxent_reward(demos, features, 1500, 0.3)
    few, many = (
        fit_sampled_reward(features[demos], features[torch.randint(625, (n,), generator=fresh(1))], 1500, 0.3) for n in (60, 40_000)
    )
    error = [float(((features @ w).softmax(0) - (features @ exact).softmax(0)).abs().sum()) for w, _ in (few, many)]
    assert error[1] < 0.1 < error[0]
    assert 1 <= few[1] <= 60 < many[1] < 40_000
