"""One loop for every game: a flow is a game for one, a GAN for two."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor
from torch.optim import Optimizer
from tqdm.auto import tqdm

from pgmkit.errors import describe, want_callable, want_count, want_instance, want_text


@dataclass(frozen=True)
class Player:
    """Who moves: a loss on a fresh batch, the optimizer of the player's own parameters, turns per round.

    Args:
        name: key of the player's losses in the history.
        loss: maps a batch to the scalar that this player minimises.
        optimizer: holds the player's parameters; only they move in the player's turn.
        turns: steps per round, each on a fresh batch.
        after: called after each step, for example to clip weights or to average them.
    """

    name: str
    loss: Callable[[Tensor], Tensor]
    optimizer: Optimizer
    turns: int = 1
    after: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        want_text(name=self.name)
        want_callable(**{f"loss of {self.name}": self.loss})
        want_instance(Optimizer, **{f"optimizer of {self.name}": self.optimizer})
        want_count(**{f"turns of {self.name}": self.turns})
        if self.after is not None:
            want_callable(**{f"after of {self.name}": self.after})

    def turn(self, x: Tensor) -> Tensor:
        """One step on batch x; returns the detached loss before the step."""
        own = [p for group in self.optimizer.param_groups for p in group["params"]]
        self.optimizer.zero_grad()
        loss = self.loss(x)
        if not isinstance(loss, Tensor) or loss.ndim > 0 or not loss.requires_grad:
            raise ValueError(f"loss of {self.name} must return a scalar on the graph of the parameters; got {describe(loss)}.")
        loss.backward(inputs=own)
        self.optimizer.step()
        if self.after is not None:
            self.after()
        return loss.detach()


def play(players: Sequence[Player], batches: Iterator[Tensor], rounds: int, *, progress: bool = True) -> dict[str, list[float]]:
    """Let the players move in turn and return each player's loss at its last turn of every round.

    Args:
        players: in the order in which they move.
        batches: an endless iterator; every turn takes a fresh batch.
        rounds: how often all players move.
        progress: show a bar. The environment variable TQDM_DISABLE=1 silences it too.

    Returns:
        `{player.name: [loss of round 1, loss of round 2, ...]}`.
    """
    want_count(rounds=rounds)
    want_instance(Iterator, batches=batches)
    want_instance(Player, **{f"players[{i}]": player for i, player in enumerate(players)})
    if not players or len({p.name for p in players}) < len(players):
        raise ValueError(f"players need names of their own, at least one player; got {[p.name for p in players]}.")
    history: dict[str, list[Tensor]] = {player.name: [] for player in players}
    for _ in tqdm(range(rounds), leave=False, desc=" / ".join(history)) if progress else range(rounds):
        for player in players:
            for _ in range(player.turns):
                loss = player.turn(next(batches))
            history[player.name].append(loss)
    return {name: [float(loss) for loss in losses] for name, losses in history.items()}
