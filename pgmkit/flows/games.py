"""A flow is a game for one: maximum likelihood, as a player for `play`."""

from collections.abc import Callable

from torch.optim import Optimizer

from pgmkit.errors import want_instance
from pgmkit.flows.density import Flow
from pgmkit.train import Player


def flow_game(flow: Flow, optimizer: Optimizer, *, after: Callable[[], None] | None = None) -> list[Player]:
    r"""Minimise -E_data[log p_theta(x)], which is KL(p_data || p_theta) up to a constant.

    Args:
        flow: the model; its parameters are theta.
        optimizer: holds theta.
        after: called after each step.

    L13, "Normalizing Flow (NF)": training maximises the data's log-likelihood.
    """
    want_instance(Flow, flow=flow)
    return [Player("flow", lambda x: -flow.log_prob(x).mean(), optimizer, after=after)]
