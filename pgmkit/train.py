"""One loop for every game: a flow is a game for one, a GAN for two."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor
from torch.optim import Optimizer
from tqdm.auto import tqdm

from pgmkit.errors import want_count


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

    def turn(self, x: Tensor) -> Tensor:
        """One step on batch x; returns the detached loss before the step."""
        own = [p for group in self.optimizer.param_groups for p in group["params"]]
        self.optimizer.zero_grad()
        loss = self.loss(x)
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
    want_count(rounds=rounds, **{f"turns of {p.name}": p.turns for p in players})
    if not players or len({p.name for p in players}) < len(players):
        raise ValueError(f"players need names of their own, at least one player; got {[p.name for p in players]}.")
    history: dict[str, list[Tensor]] = {player.name: [] for player in players}
    for _ in tqdm(range(rounds), disable=not progress, leave=False, desc=" / ".join(history)):
        for player in players:
            for _ in range(player.turns):
                loss = player.turn(next(batches))
            history[player.name].append(loss)
    return {name: [float(loss) for loss in losses] for name, losses in history.items()}
