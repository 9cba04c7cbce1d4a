"""Exam of the critic's part of a WGAN round: a mock critic, a mock generator, a curved loss, a clip that leaves a trace."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.optim import SGD, Optimizer

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradients, linear, normal, parameters, part, replay, scorer
from pgmkit.gan import critic_phase
from pgmkit.train import Player, play

phase = Exam(
    critic_phase,
    minutes=30,
    difficulty=3,
    hints=(
        "Write one turn first: draw, score, loss, step, clip. Who is allowed to move, and what has to be forgotten from the turn before?",
        "The generator is given here: cut the graph behind its samples. The clip acts on what the step has just written. "
        "The critic may hold gradients from the generator's turn.",
        "A loop of `turns` rounds. In each: the next latents through the generator, detached; the next batch; the loss of both scores; "
        "clear, backward, step; clip; remember the loss as a number.",
    ),
    closes=(play, Player.turn),
)
RATE, BATCHES = 0.05, 6


@dataclass
class Room:
    """Everything that one call of the answer is given, built afresh from a seed, and the trace of what happened."""

    seed: int
    trace: list[str] = field(default_factory=list)
    losses: Any = None

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
        """Let the answer play its turns here."""
        given = self.critic, self.model, self.optimizer, replay(self.data), replay(self.latents)
        self.losses = answer(*given, loss=self.loss, clip=self.clip, turns=turns)


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

    def generator_state() -> dict[str, Any]:
        room, start = after(4), Room(seed)
        return {
            "the generator's weights": parameters(room.model),
            "the generator's gradients": gradients(room.model),
            "the generator can still learn": all(p.requires_grad for p in room.model.parameters()),
            "the critic moved": not torch.equal(parameters(room.critic), parameters(start.critic)),
        }

    yield "first loss", lambda: part(after(1).losses, 0), 0.5
    yield "critic after one turn", lambda: parameters(after(1).critic), 1.25
    yield "losses before each of 4 steps", lambda: after(4).losses, 1
    yield "critic after 4 turns", lambda: parameters(after(4).critic), 1.75
    yield "order of steps and clips in the first two turns", lambda: ", ".join(after(4).trace[:4]), 1
    yield "the generator stays as it is, without gradients, while the critic moves", generator_state, 1.25
    yield "critic that held gradients before", lambda: parameters(after(1, True).critic), 1.25


Score = Callable[[], Tensor]


def built(
    turn: Callable[[Any, Score], Tensor],
    *,
    at_end: bool = False,
    extra: int = 0,
    always: int = 0,
    reuse: str = "",
    swap: bool = False,
    cut: bool = True,
) -> Answer:
    """A wrong answer. `turn` sees the parts (optimizer, clip) and a function that makes the loss of a fresh batch."""

    def answer(
        critic: nn.Module,
        model: nn.Module,
        optimizer: Optimizer,
        batches: Iterator[Tensor],
        latents: Iterator[Tensor],
        *,
        loss: Callable[[Tensor, Tensor], Tensor],
        clip: Callable[[nn.Module], None],
        turns: int,
    ) -> list[float]:
        kept = {"data": [next(batches)] if "data" in reuse else [], "latents": [next(latents)] if "latents" in reuse else []}

        def fresh() -> Tensor:
            x = kept["data"][0] if kept["data"] else next(batches)
            fake = model(kept["latents"][0] if kept["latents"] else next(latents))
            scores = critic(x), critic(fake.detach() if cut else fake)
            return loss(*scores[::-1]) if swap else loss(*scores)

        losses = [turn((optimizer, lambda: clip(critic)), fresh).item() for _ in range(always or turns + extra)]
        if at_end:
            clip(critic)
        return losses

    return answer


def steps(order: str) -> Callable[[Any, Score], Tensor]:
    """A turn that does the named things in the given order."""

    def turn(parts: tuple[Optimizer, Callable[[], None]], fresh: Score) -> Tensor:
        optimizer, clip = parts
        value = torch.zeros(())
        for name in order.split():
            match name:
                case "loss":
                    value = fresh()
                case "clear":
                    optimizer.zero_grad()
                case "backward":
                    value.backward()
                case "step":
                    optimizer.step()
                case "clip":
                    clip()
        return value.detach()

    return turn


RIGHT = steps("loss clear backward step clip")
phase.mistake("Clip before the step", "The step moves the weights out again. Clip what the step has written: step first, then clip.")(
    built(steps("loss clear backward clip step"))
)
phase.mistake(
    "Clip at the start of the turn", "After the last step nothing bounds the weights. Clip at the end of each turn, after the step."
)(built(steps("clip loss clear backward step")))
phase.mistake(
    "Clip once at the end",
    "Between the steps the critic is free, and its later gradients are those of an unbounded critic. Clip in every turn.",
)(built(steps("loss clear backward step"), at_end=True))
phase.mistake("The weights are never clipped", "Without clip(critic) nothing bounds the critic's slope.")(
    built(steps("loss clear backward step"))
)
phase.mistake(
    "The generator receives gradients",
    "It is given in this phase: detach its samples, or the next step of the generator starts from leftovers.",
)(built(RIGHT, cut=False))
phase.mistake("One turn too many", "The loop runs `turns` times.")(built(RIGHT, extra=1))
phase.mistake("One turn too few", "The loop runs `turns` times.")(built(RIGHT, extra=-1))
phase.mistake("turns is ignored: the loop runs as long as there is data", "In training the data never end. The loop runs `turns` times.")(
    built(RIGHT, always=BATCHES)
)
phase.mistake("The same data in every turn", "Every turn takes the next batch: call next(batches) inside the loop.")(
    built(RIGHT, reuse="data")
)
phase.mistake("The same latents in every turn", "Every turn takes the next latents: call next(latents) inside the loop.")(
    built(RIGHT, reuse="latents")
)
phase.mistake("The same data and latents in every turn", "Every turn takes the next ones: call next inside the loop.")(
    built(RIGHT, reuse="data latents")
)
phase.mistake("Gradients add up", "backward adds to what is there: without zero_grad a step follows the gradients of all turns before.")(
    built(steps("loss backward step clip"))
)
phase.mistake(
    "Gradients are cleared too late",
    "The critic may come with gradients from the generator's turn. Clear them before backward, not after the step.",
)(built(steps("loss backward step clip clear")))
phase.mistake(
    "Gradients are cleared before they are used",
    "zero_grad between backward and step leaves nothing to step on. Clear, then backward, then step.",
)(built(steps("loss backward clear step clip")))
phase.mistake("The optimizer never steps", "backward only computes gradients. optimizer.step() moves the weights.")(
    built(steps("loss clear backward clip"))
)
phase.mistake("Data and samples are swapped", "loss(real_scores, fake_scores): the scores of data come first.")(built(RIGHT, swap=True))
