from functools import partial
from itertools import count

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam
from tqdm.auto import tqdm

from pgmkit import train
from pgmkit.nets import mlp
from pgmkit.rng import seeded
from pgmkit.train import Player, play


def numbers():
    """Batches 0, 1, 2, ..., each a tensor of one number."""
    return (torch.tensor([float(i)]) for i in count())


def watcher(name, log, *, turns=1, after=False):
    p = torch.zeros(1, requires_grad=True)

    def loss(x):
        log.append((name, int(x)))
        return (p * x).sum()

    return Player(name, loss, SGD([p], 1.0), turns=turns, after=(lambda: log.append((name, "after"))) if after else None)


def test_turn_order_and_a_fresh_batch_each_turn():
    log = []
    play([watcher("a", log, turns=2), watcher("b", log)], numbers(), 2)
    assert log == [("a", 0), ("a", 1), ("b", 2), ("a", 3), ("a", 4), ("b", 5)]


def test_after_each_step():
    log = []
    play([watcher("a", log, turns=2, after=True), watcher("b", log)], numbers(), 1)
    assert log == [("a", 0), ("a", "after"), ("a", 1), ("a", "after"), ("b", 2)]


def test_after_sees_the_step_done():
    p = torch.ones(1, requires_grad=True)
    seen = []
    play([Player("a", lambda x: p.sum(), SGD([p], 0.25), after=lambda: seen.append(p.item()))], numbers(), 2)
    assert seen == [0.75, 0.5]


def test_history_is_the_loss_of_the_last_turn_before_its_step():
    p = torch.ones(1, requires_grad=True)
    history = play([Player("a", lambda x: p.sum(), SGD([p], 0.25), turns=2), watcher("b", [])], numbers(), 3)
    assert history["a"] == [0.75, 0.25, -0.25]
    assert set(history) == {"a", "b"}
    assert all(len(losses) == 3 and all(type(loss) is float for loss in losses) for losses in history.values())


def test_no_batch_is_taken_too_many():
    batches = numbers()
    play([watcher("a", [], turns=3), watcher("b", [])], batches, 2)
    assert int(next(batches)) == 8


def pair():
    with seeded(0):
        own, other = mlp(1, 4, 1), mlp(1, 4, 1)
    return own, other


def test_only_own_parameters_move_and_the_gradients_of_others_stay_untouched():
    own, other = pair()
    for p in other.parameters():
        p.grad = torch.full_like(p, 7.0)
    before = [p.detach().clone() for p in other.parameters()]
    player = Player("own", lambda x: (other(own(x[:, None])) - 1).square().mean(), Adam(own.parameters(), 0.1))
    start = [p.detach().clone() for p in own.parameters()]
    play([player], numbers(), 3)
    assert all(torch.equal(a, b) for a, b in zip(before, other.parameters(), strict=True))
    assert all((p.grad == 7).all() for p in other.parameters())
    assert not any(torch.equal(a, b) for a, b in zip(start, own.parameters(), strict=True))


def test_other_parameters_without_gradients_get_none():
    own, other = pair()
    play([Player("own", lambda x: other(own(x[:, None])).sum(), SGD(own.parameters(), 0.1))], numbers(), 2)
    assert all(p.grad is None for p in other.parameters())


def test_old_gradients_do_not_count():
    p = torch.zeros(1, requires_grad=True)
    p.grad = torch.full_like(p, 100.0)
    Player("a", lambda x: (p * x).sum(), SGD([p], 1.0)).turn(torch.tensor([2.0]))
    assert p.item() == -2


def test_turn_returns_the_detached_loss():
    loss = watcher("a", []).turn(torch.ones(1))
    assert loss.shape == ()
    assert not loss.requires_grad


def test_all_parameter_groups_move():
    a, b = (torch.zeros(1, requires_grad=True) for _ in range(2))
    player = Player("both", lambda x: (a + b).sum(), SGD([{"params": [a]}, {"params": [b], "lr": 3.0}], 1.0))
    play([player], numbers(), 1)
    assert (a.item(), b.item()) == (-1.0, -3.0)


def test_play_equals_a_hand_written_loop():
    own, other = pair()
    mine, theirs = pair()

    def losses(f, d):
        return lambda x: (f(x[:, None]) - d(x[:, None])).square().mean(), lambda x: -(f(x[:, None]) * d(x[:, None])).mean()

    first, second = losses(own, other)
    players = [Player("d", first, Adam(other.parameters(), 0.01), turns=2), Player("g", second, Adam(own.parameters(), 0.02))]
    history = play(players, numbers(), 4)

    first, second = losses(mine, theirs)
    opt_d, opt_g, batches, by_hand = Adam(theirs.parameters(), 0.01), Adam(mine.parameters(), 0.02), numbers(), {"d": [], "g": []}
    for _ in range(4):
        for _ in range(2):
            loss = first(next(batches))
            opt_d.zero_grad()
            loss.backward()
            opt_d.step()
        by_hand["d"].append(loss.item())
        loss = second(next(batches))
        opt_g.zero_grad()
        loss.backward()
        opt_g.step()
        by_hand["g"].append(loss.item())
    assert history == by_hand
    for a, b in zip([*own.parameters(), *other.parameters()], [*mine.parameters(), *theirs.parameters()], strict=True):
        assert torch.equal(a, b)


def test_bar(monkeypatch, capfd):
    """TQDM_DISABLE=1, which conftest sets, silences the bar; without it `progress` decides."""
    play([watcher("mover", [])], numbers(), 2)
    assert capfd.readouterr() == ("", "")
    monkeypatch.setattr(train, "tqdm", partial(tqdm, disable=False))
    play([watcher("mover", [])], numbers(), 2, progress=False)
    assert capfd.readouterr() == ("", "")
    play([watcher("mover", []), watcher("other", [])], numbers(), 2)
    out, err = capfd.readouterr()
    assert out == ""
    assert "mover / other" in err


def test_a_module_can_be_a_player_for_one():
    """Least squares: the game for one is plain training."""
    net = nn.Linear(1, 1)
    batches = (torch.tensor([[0.0], [1.0], [2.0]]) for _ in count())
    history = play([Player("fit", lambda x: (net(x) - 3 * x - 1).square().mean(), SGD(net.parameters(), 0.2))], batches, 200)
    assert history["fit"][-1] < 1e-6 < history["fit"][0]
    assert net.weight.item() == pytest.approx(3, abs=1e-2)
