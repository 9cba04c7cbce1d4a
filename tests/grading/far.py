"""Answers in a process of their own, for the tests of the wire: what a notebook's fork does, without a notebook."""

import os
import signal
import socket
import time
from contextlib import contextmanager

import torch

from pgmkit.checks.exam import closed
from pgmkit.grading.dialogue import answering
from pgmkit.grading.dialogue.remote import RemoteAnswer, sit_exam

weight = torch.nn.Parameter(torch.ones(2))
weight.square().sum().backward()
torch.optim.SGD([weight], lr=0.1).step()  # what is slow at the first time is done before the forks, as in the grading run


@contextmanager
def process(work, kill=False):
    """The judge's end of a connection, at the other end of which a fork does its work, until it is left, or killed."""
    here, there = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            here.close()
            work(there)
        finally:
            os._exit(0)
    there.close()
    try:
        yield here
    finally:
        here.close()
        if kill:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def serving(answer, shut=()):
    """A process that serves calls of an answer while library functions are closed."""

    def work(connection):
        with closed(list(shut)):
            answering.serve(answer, answer is not None, connection)

    return process(work)


def far_verdict(exam, answer, seed=0, shut=(), seconds=30.0):
    """The verdict on an answer that runs in another process."""
    with serving(answer, [exam.reference, *exam.closes, *shut] if shut else ()) as connection:
        return sit_exam(exam, connection, seed, time.monotonic() + seconds)[0]


@contextmanager
def far(answer, seconds=30.0):
    """A function that runs in another process."""
    with serving(answer) as connection:
        yield RemoteAnswer(connection, "answer", time.monotonic() + seconds)
