"""The questions of lecture 3."""

from pgmkit.questions import Choice, Question

QUESTIONS: dict[str, Question] = {
    "small_theta": Question(
        "Two parallel lines are 0.001 apart and there is no noise. What is JSD(P, Q)?",
        (
            Choice(
                "About 0.001: the lines almost touch",
                "JSD compares densities at the same point. It has no notion of near: the supports do not share a point, so it does not see the gap.",
                "JSD measures how far apart the supports are",
            ),
            Choice(
                "log 2 = 0.693", "The supports are disjoint for every nonzero gap, so each line is recognised with certainty: JSD = log 2."
            ),
            Choice(
                "Infinite",
                "KL is infinite here. JSD compares with the mixture M = (P + Q) / 2, which has mass wherever P has, so it never exceeds log 2.",
                "JSD confused with KL",
            ),
            Choice(
                "0, because theta = 0.001 rounds to 0",
                "JSD jumps at 0. It is 0 only at theta = 0 itself, and log 2 next to it: that jump is the problem.",
                "JSD is continuous at theta = 0",
            ),
        ),
    ),
    "noise_to_zero": Question(
        "Keep theta = 0.5 fixed and let the noise s go to 0. What happens to the slope of the saturating loss against D*?",
        (
            Choice(
                "It goes to 0",
                "The slope is theta / s^2 times E_g[D*]. The first factor grows like 1 / s^2, but E_g[D*] falls like exp(-theta^2 / (8 s^2)), which wins.",
            ),
            Choice(
                "It goes to infinity, because D* becomes steep",
                "D* is steep only in the middle, at theta / 2. The samples sit at theta, where D* is flat. Steep somewhere is not steep at the samples.",
                "D is steep somewhere, so the samples feel it",
            ),
            Choice(
                "It stays the same, because theta did not change",
                "W1 does not change with s. The two densities do, and D* is made of their ratio.",
                "the gradient depends on the distance alone",
            ),
        ),
    ),
    "dimensions": Question(
        "Data and model each fill a 30-dimensional flat sheet in a 784-dimensional space, placed at random. What do you expect?",
        (
            Choice(
                "They meet in a single point",
                "Two lines in a plane do that, since 1 + 1 = 2. Here 30 + 30 is far below 784.",
                "the picture of two lines in a plane holds in every dimension",
            ),
            Choice(
                "They do not meet at all, with probability 1",
                "2k = 60 < 784: the system has more equations than unknowns, and a random right-hand side is outside its range (Result 2.1).",
            ),
            Choice(
                "They meet in a sheet of dimension 30",
                "That would need the same directions in both sheets, which has probability 0.",
                "equal dimension means equal sheet",
            ),
        ),
    ),
    "move_heaps": Question(
        "All mass of p is at 0. q has half of its mass at 1 and half at 5. What is W1(p, q)?",
        (
            Choice("3", "Half a unit travels 1 and half a unit travels 5: 0.5 * 1 + 0.5 * 5 = 3."),
            Choice(
                "6",
                "1 + 5 counts each trip as a whole unit. The cost is distance times the mass that travels.",
                "distances added without the masses",
            ),
            Choice(
                "5",
                "The farthest trip is the cost of another distance (W with p = infinity). W1 takes the mean over the mass.",
                "W1 is the farthest trip",
            ),
            Choice(
                "1",
                "The nearest heap can take only half of the mass. The rest has to go on: a plan must fill q exactly.",
                "all mass may go to the nearest place",
            ),
        ),
    ),
    "no_sigmoid": Question(
        "Why has the critic no sigmoid at its end?",
        (
            Choice(
                "Because a sigmoid is slow to compute",
                "Its cost is nothing beside the linear layers. The reason is what a bounded, flat-ended function can express.",
                "an implementation detail",
            ),
            Choice(
                "Because the supremum runs over all Lipschitz functions, and these may be unbounded and need no flat ends",
                "A bounded output turns flat far from the boundary. The gradient dies there, and the value can no longer grow with the distance.",
            ),
            Choice(
                "Because the critic outputs a probability already",
                "The critic's score is no probability: any constant may be added to it without changing the objective.",
                "the critic estimates P(real)",
            ),
            Choice(
                "Because a sigmoid is not Lipschitz",
                "It is, with constant 1/4. The trouble is the opposite one: it makes the function too flat.",
                "a sigmoid breaks the Lipschitz condition",
            ),
        ),
    ),
    "which_clip": Question(
        "A critic is trained for a long time. Which operation keeps its Lipschitz constant below a number that you can state in advance?",
        (
            Choice(
                "Clipping the norm of the gradient with respect to the weights",
                "That bounds the gradient, and with plain SGD each step. Steps add up: after t steps the weights may have moved t times as far.",
                "a bounded step is a bounded function",
            ),
            Choice(
                "A smaller learning rate",
                "The weights reach the same place later. Nothing stops them.",
                "slow growth is a bound",
            ),
            Choice(
                "Clamping every weight to [-c, c] after each step",
                "Every spectral norm is then at most c sqrt(m n). So the product of the norms, which bounds the Lipschitz constant, has a bound too (Results 5.1 and 5.2).",
            ),
            Choice(
                "Clipping the scores D(x) to [-1, 1]",
                "That bounds the height of D and not its slope: a step function has height 1 and no Lipschitz constant.",
                "bounded values mean bounded slopes",
            ),
        ),
    ),
    "double_c": Question(
        "A critic with three linear layers is clipped at c. You double c and train again. By how much may the critic's value grow, while W1 stays as it is?",
        (
            Choice(
                "It stays: the value is W1",
                "It is at most K W1 with an unknown K, and K depends on c. The clipped objective is never divided by K.",
                "the critic's value is W1 itself",
            ),
            Choice(
                "By a factor of about 2",
                "Each of the three layers may become twice as steep, and the layers multiply.",
                "K is proportional to c, whatever the depth",
            ),
            Choice("By a factor of about 8", "The bound of Result 5.2 is c^3 times a constant: 2^3 = 8, and depth 3 is the exponent."),
        ),
    ),
    "where_clamp": Question(
        "Where does the clamp belong in the critic's phase?",
        (
            Choice(
                "Before the optimizer's step",
                "Then the step comes last, and the critic that scores the next batch is outside the box.",
                "clamp before the step",
            ),
            Choice(
                "After every step of the critic",
                "Each step then starts and ends inside the box, so every score comes from a critic that obeys the bound.",
            ),
            Choice(
                "Once, after all critic steps of a round",
                "Between the clamps the critic may leave the box. With five steps per round, up to four gradients belong to a critic outside it.",
                "one clamp at the end of the phase is enough",
            ),
            Choice(
                "After the generator's step",
                "The generator's step does not change the critic. The clamp would come too late for the critic's own steps.",
                "the generator's step is what breaks the bound",
            ),
        ),
    ),
}
