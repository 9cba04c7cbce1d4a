"""The notebook's process: it forks for an exam and goes on; the fork finds the function by its name and keeps silent."""

import os
import socket
import time
import warnings
from unittest.mock import patch

import pytest
import torch
from far import weight
from IPython.core.interactiveshell import InteractiveShell

from pgmkit.checks import EXAMS
from pgmkit.grading.dialogue import answering
from pgmkit.grading.dialogue.remote import LONGEST_REASON, NoFunction, RemoteAnswer, sit_exam


@pytest.fixture
def shell(monkeypatch):
    """A shell whose names are the notebook's."""
    shell = InteractiveShell(user_ns={}, history_length=0)
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    yield shell
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def sat(name):
    """The judge's end, after the notebook's process has forked."""
    here, there = socket.socketpair()
    fork = os.fork

    def without_here():
        child = fork()
        if child == 0:
            here.close()  # the notebook's process never had it
        return child

    with patch.object(os, "fork", without_here):
        answering.sit(name, there.detach())
    return here


def gone(within=10.0):
    """Whether all forks are buried before long."""
    until = time.monotonic() + within
    while answering.children and time.monotonic() < until:
        answering.bury()
        time.sleep(0.01)
    return not answering.children


def test_an_exam_through_a_fork_of_the_notebook(shell, capfd):
    source = "calls = []\nprint = list = len = None\ndef soft_not(a):\n    import builtins\n    builtins.print('called')\n    calls.append(1)\n    return 1 - a"
    exec(source, shell.user_ns)
    connection = sat("soft_not")
    verdict, printed = sit_exam(EXAMS["soft_not"], connection, 3, time.monotonic() + 30)
    connection.close()
    assert verdict.diagnosis is None and verdict.score == EXAMS["soft_not"].points
    assert printed == "called\n" * 3 and shell.user_ns["calls"] == []
    assert capfd.readouterr() == ("", "")
    assert gone()


def test_gradients_and_optimizers_after_some_were_used_before_the_fork(shell):
    assert weight.grad is not None  # autograd and an optimizer have run in this process

    def constraint_loss(f_data, f_model, alpha):
        return alpha * ((alpha * f_model.detach()).softmax(-1) * f_model).sum(-1).mean() - alpha * f_data.mean()

    shell.user_ns["constraint_loss"] = constraint_loss
    with sat("constraint_loss") as connection:
        verdict, _ = sit_exam(EXAMS["constraint_loss"], connection, 3, time.monotonic() + 30)
    assert verdict.diagnosis is None
    assert gone()


@pytest.mark.parametrize(("value", "title"), [(None, "There is no function called soft_not"), (3, "soft_not is no function")])
def test_a_name_without_a_function(shell, value, title):
    if value:
        shell.user_ns["soft_not"] = value
    with sat("soft_not") as connection:
        verdict, _ = sit_exam(EXAMS["soft_not"], connection, 3, time.monotonic() + 30)
    assert verdict.score == 0 and verdict.diagnosis.title == title
    with sat("soft_not") as connection, pytest.raises(NoFunction, match="under this name"):
        RemoteAnswer(connection, "soft_not", time.monotonic() + 30)(torch.ones(1))
    assert gone()


def test_calls_of_one_exercise_go_to_one_fork_and_the_notebook_goes_on(shell):
    seen = []
    shell.user_ns["f"] = lambda x: (seen.append(x), len(seen), os.getpid())[1:]
    with sat("f") as connection:
        answer = RemoteAnswer(connection, "f", time.monotonic() + 30)
        (first, fork), (second, again) = answer(1), answer(2)
    assert (first, second) == (1, 2) and fork == again != os.getpid() and seen == []
    assert gone()


def test_what_is_said_of_a_huge_result_is_short(shell):
    exec("calls = []\ndef soft_not(a):\n    calls.append(0)\n    return [0.5 * i + len(calls) for i in range(19_000)]", shell.user_ns)
    connection = sat("soft_not")
    verdict, _ = sit_exam(EXAMS["soft_not"], connection, 3, time.monotonic() + 30)
    connection.close()
    assert verdict.score == 0
    said = [row.reason for row in verdict.rows] + [verdict.diagnosis.advice]
    assert all(said) and max(map(len, said)) <= 4 * LONGEST_REASON and said[0].endswith("...")


def test_sitting_never_raises(monkeypatch):
    def no_fork():
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", no_fork)
    here, there = socket.socketpair()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answering.sit("f", there.detach())
        answering.sit("f", 10**6)
    assert here.recv(1) == b""
    here.close()
