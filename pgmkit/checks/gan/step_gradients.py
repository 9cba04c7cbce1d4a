"""Known mistakes in one round of the GAN game: what backward leaves in `.grad`, and when it is cleared."""

from pgmkit.checks.gan.step_probe import Game, dirty, mistake, step, turn

__all__ = ["Game", "mistake", "step", "turn"]


@mistake(
    "D's turn leaves a gradient on theta",
    "D's backward reached theta, and G's step added it to its own. Detach the samples in D's turn, or clear G's gradients after it.",
)
def g_polluted(game: Game) -> tuple[float, float]:
    game.opt_G.zero_grad()
    loss_D = turn(game.loss_of_D(game.model(game.z_d)), game.opt_D)
    return loss_D, dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake(
    "G's gradient reaches D's step",
    "Both losses went backward before opt_D stepped, so phi followed both. Finish D's turn, with its step, before G's turn begins.",
)
def d_polluted(game: Game) -> tuple[float, float]:
    loss_D, loss_G = game.loss_of_D(game.model(game.z_d).detach()), game.loss_of_G(game.model(game.z_g))
    game.opt_D.zero_grad()
    game.opt_G.zero_grad()
    loss_D.backward()
    loss_G.backward()
    game.opt_D.step()
    game.opt_G.step()
    return loss_D.item(), loss_G.item()


@mistake("Gradients accumulate", "backward adds to what .grad already holds. Call zero_grad before each backward.")
def accumulates(game: Game) -> tuple[float, float]:
    loss_D = dirty(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    return loss_D, dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake(
    "zero_grad comes after the step only",
    "The first round adds to whatever .grad held before it, and G's turn leaves gradients on phi. Call zero_grad just before each backward.",
)
def cleared_late(game: Game) -> tuple[float, float]:
    loss_D = dirty(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    game.opt_D.zero_grad()
    loss_G = dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)
    game.opt_G.zero_grad()
    return loss_D, loss_G


@mistake(
    "Gradients are cleared at the end of the round only",
    "What .grad held before the round is added to D's gradients and to G's. Call zero_grad just before each backward.",
)
def cleared_last(game: Game) -> tuple[float, float]:
    loss_D = dirty(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    loss_G = dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)
    game.opt_D.zero_grad()
    game.opt_G.zero_grad()
    return loss_D, loss_G


@mistake(
    "zero_grad throws away what backward found",
    "It stands between backward and step, so nothing is left to step on. Call it before backward.",
)
def cleared_too_soon(game: Game) -> tuple[float, float]:
    loss_D, loss_G = game.loss_of_D(game.model(game.z_d).detach()), game.loss_of_G(game.model(game.z_g))
    return loss_D.item(), loss_G.item()


@mistake(
    "D's gradients accumulate",
    "G's backward leaves gradients on phi, and D's next step adds to them. Call opt_D.zero_grad before D's backward.",
)
def d_accumulates(game: Game) -> tuple[float, float]:
    loss_D = dirty(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    return loss_D, turn(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake("G's gradients accumulate", "backward adds to what .grad already holds. Call opt_G.zero_grad before G's backward.")
def g_accumulates(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    return loss_D, dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake(
    "No detach and no zero_grad",
    "D's backward reached theta, G's step followed it, and nothing was ever cleared. Detach the samples in D's turn, "
    "and call zero_grad before each backward.",
)
def nothing_done(game: Game) -> tuple[float, float]:
    return dirty(game.loss_of_D(game.model(game.z_d)), game.opt_D), dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake(
    "No detach, and theta's gradient is never cleared",
    "D's backward reached theta, and G's step added it to its own. Detach the samples in D's turn, and call opt_G.zero_grad too.",
)
def only_d_cleared(game: Game) -> tuple[float, float]:
    return turn(game.loss_of_D(game.model(game.z_d)), game.opt_D), dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake(
    "No detach, and zero_grad comes after each step only",
    "D's backward reached theta, and G's step added it to its own. Detach the samples in D's turn, and clear before each backward.",
)
def attached_late(game: Game) -> tuple[float, float]:
    loss_D = dirty(game.loss_of_D(game.model(game.z_d)), game.opt_D)
    game.opt_D.zero_grad()
    loss_G = dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)
    game.opt_G.zero_grad()
    return loss_D, loss_G


@mistake(
    "No detach, and zero_grad comes at the end of the round only",
    "D's backward reached theta, and G's step added it to its own. Detach the samples in D's turn, and clear before each backward.",
)
def attached_last(game: Game) -> tuple[float, float]:
    loss_D = dirty(game.loss_of_D(game.model(game.z_d)), game.opt_D)
    loss_G = dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)
    game.opt_D.zero_grad()
    game.opt_G.zero_grad()
    return loss_D, loss_G


@mistake(
    "Both losses go backward before any step, and nothing is detached",
    "Each player followed the sum of both losses. Take two turns: D's loss, backward and step on detached samples, then G's.",
)
def one_backward(game: Game) -> tuple[float, float]:
    loss_D, loss_G = game.loss_of_D(game.model(game.z_d)), game.loss_of_G(game.model(game.z_g))
    game.opt_D.zero_grad()
    game.opt_G.zero_grad()
    (loss_D + loss_G).backward()
    game.opt_D.step()
    game.opt_G.step()
    return loss_D.item(), loss_G.item()
