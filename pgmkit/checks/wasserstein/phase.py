"""Known mistakes of the critic's phase."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pgmkit.checks.exam import Answer
from pgmkit.checks.wasserstein.phase_probe import BATCHES, phase
from pgmkit.gan.games import PairLoss

Clip = Callable[[nn.Module], None]


def clamp_(critic: nn.Module) -> None:
    """A clipping of one's own, to 0.01."""
    with torch.no_grad():
        for p in critic.parameters():
            p.clamp_(-0.01, 0.01)


@dataclass(frozen=True)
class Slip:
    """How losses are made: `reuse` names what is taken once only, `swap` the two scores, without `cut` the graph reaches theta."""

    reuse: tuple[str, ...] = ()
    swap: bool = False
    cut: bool = True

    def take(self, batch: dict[str, Tensor], **sources: Iterator[Tensor]) -> None:
        """Put the next data and latents into `batch`."""
        batch.update({name: next(source) for name, source in sources.items() if name not in self.reuse or name not in batch})

    def score(self, critic: nn.Module, model: nn.Module, batch: dict[str, Tensor], loss: PairLoss) -> Tensor:
        """The loss of the batch."""
        fake = model(batch["latents"])
        scores = critic(batch["data"]), critic(fake.detach() if self.cut else fake)
        return loss(*scores[::-1]) if self.swap else loss(*scores)


def built(
    order: str = "loss clear backward step clip",
    slip: Slip = Slip(),
    *,
    first: str = "",
    last: str = "",
    extra: int = 0,
    always: int = 0,
) -> Answer:
    """A wrong answer: in each turn it takes a batch and does the things named in `order`; `first` and `last` stand around the loop."""

    def answer(
        critic: nn.Module, model: nn.Module, optimizer: Optimizer, *sources: Iterator[Tensor], loss: PairLoss, clip: Clip, turns: int
    ) -> list[float]:
        batch, values = {}, []
        does: dict[str, Callable[[], object]] = {
            "take": lambda: slip.take(batch, data=sources[0], latents=sources[1]),
            "loss": lambda: values.append(slip.score(critic, model, batch, loss)),
            "clear": optimizer.zero_grad,
            "backward": lambda: values[-1].backward(),
            "climb": lambda: (-values[-1]).backward(),
            "step": optimizer.step,
            "clip": lambda: clip(critic),
            "clamp": lambda: clamp_(critic),
        }

        def play(names: str) -> float:
            for name in names.split():
                does[name]()
            return values[-1].item() if values else 0.0

        play(first)
        losses = [play(f"take {order}") for _ in range(always or turns + extra)]
        play(last)
        return losses

    return answer


phase.mistake("Clip before the step", "The step moves the weights out again. Clip what the step has written: step first, then clip.")(
    built("loss clear backward clip step")
)
phase.mistake(
    "Clip at the start of the turn", "After the last step nothing bounds the weights. Clip at the end of each turn, after the step."
)(built("clip loss clear backward step"))
phase.mistake(
    "Clip once at the end",
    "Between the steps the critic is free, and its later gradients are those of an unbounded critic. Clip in every turn.",
)(built("loss clear backward step", last="clip"))
phase.mistake("The weights are never clipped", "Without clip(critic) nothing bounds the critic's slope.")(built("loss clear backward step"))
phase.mistake(
    "The generator receives gradients",
    "It is given in this phase: detach its samples, or the next step of the generator starts from leftovers.",
)(built(slip=Slip(cut=False)))
phase.mistake("One turn too many", "The loop runs `turns` times.")(built(extra=1))
phase.mistake("One turn too few", "The loop runs `turns` times.")(built(extra=-1))
phase.mistake("turns is ignored: the loop runs as long as there is data", "In training the data never end. The loop runs `turns` times.")(
    built(always=BATCHES)
)
phase.mistake("The same data in every turn", "Every turn takes the next batch: call next(batches) inside the loop.")(
    built(slip=Slip(reuse=("data",)))
)
phase.mistake("The same latents in every turn", "Every turn takes the next latents: call next(latents) inside the loop.")(
    built(slip=Slip(reuse=("latents",)))
)
phase.mistake("The same data and latents in every turn", "Every turn takes the next ones: call next inside the loop.")(
    built(slip=Slip(reuse=("data", "latents")))
)
phase.mistake("Gradients add up", "backward adds to what is there: without zero_grad a step follows the gradients of all turns before.")(
    built("loss backward step clip")
)
phase.mistake(
    "Gradients are cleared too late",
    "The critic may come with gradients from the generator's turn. Clear them before backward, not after the step.",
)(built("loss backward step clip clear"))
phase.mistake(
    "Gradients are cleared before they are used",
    "zero_grad between backward and step leaves nothing to step on. Clear, then backward, then step.",
)(built("loss backward clear step clip"))
phase.mistake("The optimizer never steps", "backward only computes gradients. optimizer.step() moves the weights.")(
    built("loss clear backward clip")
)
phase.mistake("Data and samples are swapped", "loss(real_scores, fake_scores): the scores of data come first.")(built(slip=Slip(swap=True)))
phase.mistake(
    "Gradients are cleared once, before the loop", "From the second turn on, backward adds to the turn before. Clear in every turn."
)(built("loss backward step clip", first="clear"))
phase.mistake("The loss is measured after the step", "Return the loss that the step descends: take its number before step changes phi.")(
    built("loss clear backward step loss clip")
)
phase.mistake("The loss is measured after the clip", "Return the loss that the step descends: take its number before step changes phi.")(
    built("loss clear backward step clip loss")
)
phase.mistake("The critic climbs its loss", "The loss is minus the gap already, so descent makes the gap grow. Call value.backward().")(
    built("loss clear climb step clip")
)
phase.mistake(
    "The argument clip is not called", "The weights were clamped to 0.01 here. The caller chooses how to clip: call clip(critic)."
)(built("loss clear backward step clamp"))
phase.mistake(
    "A batch is taken that is not used",
    "zip and enumerate fetch the next batch before a break can stop them: it is lost for the next phase. Call next once in each turn, "
    "or put range(turns) first in zip.",
)(built(last="take"))
