"""Exam of the critic's part of a WGAN round: a mock critic, a mock generator, a curved loss, a clip that leaves a trace."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.optim import SGD

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradients, linear, normal, parameters, part, replay, scorer
from pgmkit.gan import critic_phase, gan_step
from pgmkit.knowledge import theta_step_explicit, theta_step_implicit
from pgmkit.train import Player, play

phase = Exam(
    critic_phase,
    minutes=20,
    difficulty=3,
    hints=(
        "Write one turn first: draw, score, loss, step, clip. Who is allowed to move, and what has to be forgotten from the turn before?",
        "The generator is given here: cut the graph behind its samples. The clip acts on what the step has just written. "
        "The critic may hold gradients from the generator's turn.",
        "A loop of `turns` rounds. In each: the next latents through the generator, detached; the next batch; the loss of both scores; "
        "clear, backward, step; clip; remember the loss as a number.",
    ),
    closes=(play, Player.turn, gan_step, theta_step_explicit, theta_step_implicit),
)
RATE, BATCHES = 0.05, 6


@dataclass
class Room:
    """Everything that one call of the answer is given, built afresh from a seed, and the trace of what happened."""

    seed: int
    trace: list[str] = field(default_factory=list)
    losses: Any = None
    taken: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        generator = torch.Generator().manual_seed(self.seed)
        self.critic, self.model = scorer(2, generator=generator), linear(3, 2, generator=generator)
        self.data = [normal(5, 2, generator=generator) for _ in range(BATCHES)]
        self.latents = [normal(4, 3, generator=generator) for _ in range(BATCHES)]
        self.stale = [normal(*p.shape, generator=generator) for p in self.critic.parameters()]
        self.optimizer = SGD(self.critic.parameters(), lr=RATE)
        self.optimizer.register_step_post_hook(lambda *_: self.trace.append("step"))

    def loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """A curved mock loss: its gradient depends on the weights, and real and fake enter it differently."""
        return (real - 1).square().mean() + 0.5 * (fake + 0.5).square().mean() + 0.3 * fake.mean()

    def clip(self, critic: nn.Module) -> None:
        """A mock clip: it squeezes smoothly, so that no step is hidden by it."""
        self.trace.append("clip" if critic is self.critic else "clip of something that is not the critic")
        for p in self.critic.parameters():
            p.data.tanh_()

    def run(self, answer: Answer, turns: int) -> None:
        """Let the answer play its turns here, and see how many batches it took."""
        batches, latents, players = replay(self.data), replay(self.latents), (self.critic, self.model)
        self.losses = answer(self.critic, self.model, self.optimizer, batches, latents, loss=self.loss, clip=self.clip, turns=turns)
        self.critic, self.model = players  # whatever the answer, which can reach this room through the loss, has put in their place
        self.taken = [BATCHES - len(list(rest)) for rest in (batches, latents)]

    def appetite(self, turns: int) -> str:
        """Whether each turn took one batch of data and one of latents."""
        if max(self.taken) > turns:
            return "more batches were taken than there are turns"
        return "one of each for every turn" if min(self.taken) == turns else "fewer batches were taken than there are turns"

    def given_part(self, start: nn.Module, critic: nn.Module) -> str:
        """What happened to the generator, in words; `start` and `critic` are both networks before the phase."""
        if torch.equal(parameters(self.critic), parameters(critic)):
            return "the critic did not move"
        if not torch.equal(parameters(self.model), parameters(start)):
            return "the generator moved"
        if gradients(self.model).any():
            return "gradients are left in the generator"
        learns = all(p.requires_grad for p in self.model.parameters())
        return "it is as it was" if learns else "the generator can no longer learn: requires_grad is off"


@phase.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    seed = int(torch.randint(2**31, (), generator=generator))

    @cache
    def after(turns: int, stale: bool = False) -> Room:
        room = Room(seed)
        for p, g in zip(room.critic.parameters(), room.stale, strict=True):
            p.grad = g if stale else None
        room.run(answer, turns)
        return room

    def generator_state() -> str:
        start = Room(seed)
        return after(4).given_part(start.model, start.critic)

    yield "first loss", lambda: part(after(1).losses, 0), 0.5
    yield "critic after one turn", lambda: parameters(after(1).critic), 1
    yield "losses before each of 4 steps", lambda: after(4).losses, 1
    yield "critic after 4 turns", lambda: parameters(after(4).critic), 1.5
    yield "order of steps and clips in the first two turns", lambda: ", ".join(after(4).trace[:4]), 1
    yield "the generator stays as it is, without gradients, while the critic moves", generator_state, 1.25
    yield "critic that held gradients before", lambda: parameters(after(1, True).critic), 1.25
    yield "batches taken in 4 turns", lambda: after(4).appetite(4), 0.5
