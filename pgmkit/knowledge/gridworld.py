r"""A grid world so small that all its paths can be listed: the place to see policies and rewards exactly."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from pgmkit.errors import describe, want_count, want_generator, want_tensor

MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1), (0, 0))
"""Up, down, left, right, stay: the five actions, as (rows, columns)."""


@dataclass(frozen=True)
class GridWorld:
    """A side x side world with walls around it; states count row by row, and every path starts in the corner, state 0.

    Args:
        side: width and height.
        horizon: H, number of actions in a path.
    """

    side: int = 3
    horizon: int = 4

    def __post_init__(self) -> None:
        want_count(side=self.side, horizon=self.horizon)

    @property
    def states(self) -> int:
        """S, the number of states."""
        return self.side**2

    def next_states(self) -> Tensor:
        """Where each action leads from each state, shape (S, 5), dtype int64; who walks against a wall stays."""
        cells = torch.cartesian_prod(torch.arange(self.side), torch.arange(self.side))  # (S, 2)
        there = (cells[:, None] + torch.tensor(MOVES)).clamp(0, self.side - 1)  # (S, 5, 2)
        return there[..., 0] * self.side + there[..., 1]

    def walk(self, actions: Tensor) -> Tensor:
        """States visited by sequences of actions of shape (n, H): shape (n, H + 1), the start first."""
        if not isinstance(actions, Tensor) or actions.dtype != torch.int64 or actions.ndim != 2:
            raise ValueError(f"actions must be whole numbers 0 to 4 of shape (n, H), dtype int64; got {describe(actions)}.")
        next_states, path = self.next_states(), [torch.zeros(len(actions), dtype=torch.int64)]
        for a in actions.T:
            path.append(next_states[path[-1], a])
        return torch.stack(path, 1)

    def all_actions(self) -> Tensor:
        """Every sequence of actions, shape (5^H, H)."""
        choices = torch.arange(len(MOVES))
        return torch.cartesian_prod(*[choices] * self.horizon).reshape(-1, self.horizon)

    def visits(self, paths: Tensor) -> Tensor:
        """How often each path enters each state, the start not counted, shape (n, S): the features of a path."""
        if not isinstance(paths, Tensor) or paths.dtype != torch.int64 or paths.ndim != 2:
            raise ValueError(f"paths must be states of shape (n, H + 1), dtype int64; got {describe(paths)}.")
        return torch.nn.functional.one_hot(paths[:, 1:], self.states).sum(1).to(torch.get_default_dtype())

    def act(self, log_pi: Tensor, n: int, *, generator: Generator | None = None) -> Tensor:
        """n sequences of actions drawn from policies log pi_t(a|s) of shape (H, S, 5), shape (n, H)."""
        want_tensor("(H, S, 5)", ndim=3, log_pi=log_pi)
        want_count(n=n)
        want_generator(generator)
        next_states, state, actions = self.next_states(), torch.zeros(n, dtype=torch.int64), []
        for policy in log_pi.exp():
            actions.append(torch.multinomial(policy[state], 1, generator=generator)[:, 0])
            state = next_states[state, actions[-1]]
        return torch.stack(actions, 1)
