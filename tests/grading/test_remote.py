"""An answer in another process behaves like one at home: values, changes, gradients, exceptions, prints."""

import math
import sys

import numpy as np
import pytest
import torch
from far import far
from torch import nn
from torch.optim import SGD

from pgmkit.checks.exam import BorrowedAnswer, failure
from pgmkit.checks.flows.mocks import Net, WrongHalf
from pgmkit.checks.probing import linear


def at_home_and_far(answer, make):
    """What a call does to its arguments, at home and in another process: the result and the arguments."""
    home = make()
    result = answer(*home)
    with far(answer) as remote:
        given = make()
        return (result, home), (remote(*given), given)


def test_values_cross_both_ways():
    with far(lambda *a, **k: (a, k)) as remote:
        (x, n, words), named = remote(torch.eye(2), 3, ["a", None], alpha=0.5)
        assert torch.equal(x, torch.eye(2)) and n == 3 and words == ["a", None] and named == {"alpha": 0.5}


def test_a_tensor_arrives_as_it_lay_in_memory():
    x = torch.arange(12.0).reshape(3, 4)
    given = [x.T, x[1:, ::2], x[:, :1].expand(3, 5), torch.zeros(0, 2), torch.tensor(True), torch.arange(3)]
    with far(lambda *xs: [(tuple(x.shape), tuple(x.stride()), str(x.dtype), x.tolist()) for x in xs]) as remote:
        assert remote(*given) == [(tuple(x.shape), tuple(x.stride()), str(x.dtype), x.tolist()) for x in given]


def test_an_argument_comes_back_as_itself():
    x, net, words = torch.ones(2), linear(2, 1, generator=torch.Generator()), ["a"]
    with far(lambda *a: a) as remote:
        came = remote(x, net, words)
        assert came[0] is x and came[1] is net and came[2] is words


def test_changes_to_lists_modules_and_optimizers_come_back(g):
    def answer(net, optimizer, words):
        words[:] = [*words, "new", torch.ones(1)]
        for group in optimizer.param_groups:
            group["lr"] = 0.25
        optimizer.zero_grad()
        net(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        net.eval()
        net.note = {"a": (1, 2.0)}

    def make():
        net = linear(2, 1, generator=torch.Generator().manual_seed(0))
        return net, SGD(net.parameters(), lr=0.1, momentum=0.9), ["old"]

    (_, home), (_, given) = at_home_and_far(answer, make)
    assert given[2][:2] == ["old", "new"] and torch.equal(given[2][2], torch.ones(1))
    assert not given[0].training and given[0].note == {"a": (1, 2.0)} and given[1].param_groups[0]["lr"] == 0.25
    for a, b in zip(home[0].parameters(), given[0].parameters(), strict=True):
        assert torch.equal(a, b) and torch.equal(a.grad, b.grad)
        assert torch.equal(home[1].state[a]["momentum_buffer"], given[1].state[b]["momentum_buffer"])


def test_a_second_call_goes_on_from_the_first():
    def answer(net, optimizer):
        optimizer.zero_grad()
        net(torch.ones(1, 2)).square().sum().backward()
        optimizer.step()

    def make():
        net = linear(2, 1, generator=torch.Generator().manual_seed(0))
        return net, SGD(net.parameters(), lr=0.1, momentum=0.9)

    home, given = make(), make()
    with far(answer) as remote:
        for _ in range(3):
            answer(*home)
            remote(*given)
    assert torch.equal(home[0].weight, given[0].weight)


def test_replaced_parameters_and_switched_off_gradients_come_back():
    def answer(net):
        net.bias.requires_grad_(False)
        net.weight = nn.Parameter(net.weight.detach() * 2)

    net = linear(2, 1, generator=torch.Generator())
    before = net.weight
    with far(answer) as remote:
        remote(net)
    assert net.weight is not before and torch.equal(net.weight, 2 * before) and isinstance(net.weight, nn.Parameter)
    assert net.weight.requires_grad and not net.bias.requires_grad


def test_mocks_note_what_they_saw(g):
    net = Net(2, 2, g)
    with far(lambda x, net: net(x)[0]) as remote:
        remote(torch.ones(3, 2), net)
        assert len(net.seen) == 1 and torch.equal(net.seen[0], torch.ones(3, 2))
        with pytest.raises(WrongHalf, match="net wants 2 entries"):
            remote(torch.ones(3, 3), net)
        assert len(net.seen) == 1


def test_iterators_closures_and_generators_move_on():
    count = [0]

    def tick():
        count[0] += 1
        return count[0]

    def answer(batches, tick, generator):
        return next(batches), next(batches), tick(), torch.rand(2, generator=generator), torch.rand(3)

    generator, twin = torch.Generator().manual_seed(4), torch.Generator().manual_seed(4)
    batches = iter([1, 2, 3])
    with torch.random.fork_rng(devices=[]), far(answer) as remote:
        torch.manual_seed(7)
        first, second, ticks, own, world = remote(batches, tick, generator)
        assert (first, second, ticks, list(batches), count) == (1, 2, 1, [3], [1])
        assert torch.equal(own, torch.rand(2, generator=twin)) and torch.equal(generator.get_state(), twin.get_state())
        after = torch.rand(1)
        torch.manual_seed(7)
        assert torch.equal(world, torch.rand(3)) and torch.equal(after, torch.rand(1))


def test_gradients_reach_arguments_parameters_and_closures(g):
    net, hidden = linear(2, 1, generator=g), torch.tensor(3.0, requires_grad=True)
    x, unused = torch.ones(4, 2, requires_grad=True), torch.ones(1, requires_grad=True)

    def f(y):
        return hidden * y

    with far(lambda x, unused, net, f: (f(net(x)).sum(), x.detach(), unused * 0)) as remote:
        loss, off, _ = remote(x, unused, net, f)
        assert loss.requires_grad and not loss.is_leaf and not off.requires_grad
        given = [x, unused, net.weight, hidden]
        wanted = torch.autograd.grad(hidden * net(x).sum(), given, allow_unused=True)
        for _ in range(2):
            found = torch.autograd.grad(loss, given, allow_unused=True, retain_graph=True)
            assert found[1] is None and wanted[1] is None
            assert all(torch.allclose(a, b) for a, b in zip(found, wanted, strict=True) if a is not None)


def test_gradients_run_through_what_came_before_and_after():
    theta = torch.tensor([0.5, 2.0], requires_grad=True)
    with far(lambda x: x.square()) as remote:
        (slope,) = torch.autograd.grad(remote(theta.exp()).sin().sum(), theta)
    (wanted,) = torch.autograd.grad(theta.exp().square().sin().sum(), theta)
    assert torch.allclose(slope, wanted)


def test_a_sample_on_the_graph_of_a_model_that_is_sent_too():
    """A backward over there reaches the model through the sample as well; a gradient that is asked for here counts it once."""

    def answer(x, net):
        (x * net.weight.sum()).sum().backward(retain_graph=True)
        return (x * net.weight).sum()

    def make():
        net = linear(2, 1, generator=torch.Generator().manual_seed(0))
        return net.weight.exp().sum(0), net

    (x, net), (y, twin) = make(), make()
    slope = torch.autograd.grad(answer(x, net), net.weight)
    with far(answer) as remote:
        found = torch.autograd.grad(remote(y, twin), twin.weight)
    assert torch.allclose(net.weight.grad, twin.weight.grad) and torch.allclose(slope[0], found[0])


def test_a_result_on_a_graph_of_its_own_is_on_the_graph():
    x = torch.ones(2, requires_grad=True)
    with far(lambda x: x.detach().clone().requires_grad_() * 2) as remote:
        came = remote(x)
        assert came.requires_grad and torch.autograd.grad(came.sum(), x, allow_unused=True) == (None,)


def test_grad_mode_crosses():
    x = torch.ones(2, requires_grad=True)
    with far(lambda x: (x * 2, torch.is_grad_enabled())) as remote:
        with torch.no_grad():
            came, mode = remote(x)
        assert not came.requires_grad and mode is False
        assert remote(x)[1] is True


def inner(x):
    raise NotImplementedError


def failing(how):
    if how == 0:
        return [][1]
    if how == 1:
        return {}["key"]
    if how == 2:
        return torch.ones(2) + torch.ones(3)
    if how == 3:
        return torch.linalg.inv(torch.zeros(2, 2))
    if how == 4:
        return inner(how)
    if how == 5:
        raise NotImplementedError
    if how == 6:
        return b"\xff".decode()
    if how == 7:
        raise type("Odd", (ValueError,), {})("of my own")
    if how == 8:
        return math.nothing
    if how == 9:
        raise BorrowedAnswer("borrowed")
    raise ExceptionGroup("several", [ValueError("one")])


@pytest.mark.parametrize("how", range(11))
def test_an_exception_is_told_as_at_home(how):
    def told(answer):
        try:
            answer(how)
        except Exception as error:
            return failure(error, answer), [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"][-4:]

    with far(failing) as remote:
        (home, kinds), (came, others) = told(failing), told(remote)
    assert came == home
    assert set(kinds) <= set(others) or how == 10


@pytest.mark.parametrize("leave", [lambda: sys.exit(3), lambda: (_ for _ in ()).throw(KeyboardInterrupt)])
def test_leaving_is_a_failure_of_the_call(leave):
    with far(lambda again: leave() if again else "here") as remote:
        with pytest.raises(Exception, match=r"^3?$") as caught:
            remote(True)
        assert caught.type.__name__ in ("SystemExit", "KeyboardInterrupt")
        assert remote(False) == "here"


def test_wrong_arguments_and_objects_without_code():
    with far(lambda x: x) as remote, pytest.raises(TypeError, match="takes 1 positional argument"):
        remote(1, 2)
    with far(torch.square) as remote:
        assert remote(torch.tensor(3.0)) == 9
    with far(nn.Identity()) as remote:
        assert remote(4) == 4


def test_prints_are_kept_up_to_a_limit():
    def loud(n):
        print("x" * n)
        print("more", file=sys.stderr)

    with far(loud) as remote:
        remote(3)
        assert remote.printed == "xxx\nmore\n"
        remote(10**6)
        assert len(remote.printed) == 4096


def test_what_nobody_can_read_is_a_failure_of_the_call():
    class Hostile(dict):
        def items(self):
            raise OSError("no")

    with far(lambda how: Hostile() if how else np.ones(3)) as remote:
        with pytest.raises(OSError, match="no"):
            remote(1)
        assert remote(0).tolist() == [1, 1, 1]
