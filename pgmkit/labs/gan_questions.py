"""Questions of the GAN lecture."""

from pgmkit.questions import Choice, Question

QUESTIONS: dict[str, Question] = {
    "implicit": Question(
        r"A trained generator maps $z \in \mathbb{R}^2$ to images of 64 pixels. "
        r"A friend asks for the density $p_g(x)$ of one held-out image. What do you say?",
        (
            Choice(
                "Sample z, run G, and read the density off G(z).",
                "G(z) is a sample, not a density. Nothing in the network outputs p_g(x).",
                "a sample is taken for a density",
            ),
            Choice(
                "D(x) is the density of x.",
                "D(x) is the probability of the label 'data', given x. "
                "It need not integrate to 1 over x, and even D* knows only p_data / p_g.",
                "the discriminator is a density model",
            ),
            Choice(
                "There is no such number: the images of G fill a set of dimension 2 at most inside 64 dimensions.",
                "We can draw from the model, but it has no density on the 64-dimensional space. Losses that need p_g(x) are out.",
            ),
        ),
    ),
    "d_star": Question(
        r"At some point $x$ the generator puts twice as much density as the data: $p_g(x) = 2\,p_{data}(x) > 0$. What is $D^*(x)$?",
        (
            Choice("2/3", "That is the probability of 'generated'. D(x) is the probability of 'data'.", "data and generated are swapped"),
            Choice("1/3", "p / (p + 2p) = 1/3. Only the ratio of the two densities counts."),
            Choice(
                "1/2",
                "1/2 is right where both densities are equal. Here the generator has twice as much, so D* leans towards 'generated'.",
                "the best discriminator always says 1/2",
            ),
        ),
    ),
    "equilibrium": Question(
        r"The generator has reached $p_g = p_{data}$, and $D$ is optimal. What is the value $V$ of the game?",
        (
            Choice(
                "0",
                "A value of 0 means that D is always right: disjoint supports. "
                "It is the largest value, and equal distributions give the smallest.",
                "a finished game has the value 0",
            ),
            Choice(
                "-log 2",
                "Each of the two expectations gives log(1/2). There are two of them.",
                "one of the two terms is forgotten",
            ),
            Choice("-log 4", "D* = 1/2 everywhere, so V = log(1/2) + log(1/2) = -log 4, and JSD = 0."),
            Choice(
                "It depends on p_data.",
                "It does not: D* is 1/2 at every x, whatever the data look like, and the logs come out of both expectations.",
                "the floor depends on the data",
            ),
        ),
    ),
    "frozen": Question(
        r"You train $D$ until it is optimal, then stop it for good. "
        r"You train $G$ to the very end against this one $D$. Where does $p_g$ go?",
        (
            Choice(
                "To p_data, since D* knows p_data.",
                "D* knows the ratio p_data / p_g at one moment. Once G has moved, that ratio is out of date.",
                "a fixed discriminator leads to the data",
            ),
            Choice(
                "To the minimum of the JSD for this architecture.",
                "The JSD equals the value only while D = D* for the present G. With D frozen, the value is linear in p_g.",
                "the JSD is descended for any discriminator",
            ),
            Choice(
                "To the point or points where D is largest: one mode, or even a place without data.",
                "For fixed D the value is linear in p_g, so its minimum puts all mass where log(1 - D) is smallest.",
            ),
        ),
    ),
    "slopes": Question(
        r"Let $s$ be the logit of $D$ on a sample. What are the signs of $d\ell/ds$ for the saturating and the non-saturating loss?",
        (
            Choice(
                "Both are negative.",
                "Both losses fall when D takes the sample for data, so both push s up. They differ only in how hard they push.",
            ),
            Choice(
                "Saturating positive, non-saturating negative.",
                "log(1 - D) falls as D grows, so its slope in s is negative too. "
                "With opposite signs the two losses would push in opposite directions.",
                "one of the losses is maximised",
            ),
            Choice(
                "Both are positive.",
                "Then descent would lower s: G would make D more certain. Both log(1 - D) and -log D fall as s grows.",
                "the generator helps the discriminator",
            ),
        ),
    ),
    "vanishing": Question(
        r"$D$ has become perfect: $D(G(z)) \approx 0$ on all samples. Which loss still tells $G$ where to go?",
        (
            Choice(
                "The saturating one, because log(1 - D) is then very negative.",
                "At D = 0 we have log(1 - D) = 0. It is log D that is very negative there. The slope of log(1 - D) in s is -D, close to 0.",
                "log(1 - D) is confused with log D",
            ),
            Choice(
                "The non-saturating one: its slope in the logit is close to -1.",
                "The slope is -(1 - D). It is still multiplied by the gradient of s in x: where the logit s is flat, neither loss helps.",
            ),
            Choice(
                "Both, since the game is the same.",
                "Both have the same fixed point. "
                "Away from it the saturating slope is D / (1 - D) times the other one, almost nothing at D = 0.",
                "equal fixed points mean equal gradients",
            ),
        ),
    ),
    "kl_view": Question(
        r"The slide puts $\min_\theta \mathrm{KL}(P_\theta \| Q)$ [Hu et al., 2017] under the printed loss "
        r"$\min_G E[\log(1 - D)]$. Is that right?",
        (
            Choice(
                "Yes, for every D.",
                "The gradients of log(1 - D) and -log D differ, and the JSD term is missing. The last column of the tables above is not 0.",
                "the statement holds as printed",
            ),
            Choice(
                "Yes, once D is optimal.",
                "At D* the printed loss follows the JSD, which is another objective. "
                "See the last column of the tables above, lines 'optimal D'.",
                "an optimal discriminator repairs the statement",
            ),
            Choice(
                "No: it concerns -log D, a -JSD term is missing, and Q must hold the mixture frozen at the present theta.",
                "With all three corrections the identity is exact for any D, as a statement about one gradient.",
            ),
        ),
    ),
    "only_d": Question(
        "In the laboratory: ring, saturating loss, round 0. You press only D, twelve times. What happens to the arrows?",
        (
            Choice(
                "They grow all the time, since D knows better and better where the data are.",
                "D does know better. But the slope of this loss in the logit is -D(G(z)), which D pushes towards 0.",
                "a better discriminator always gives a stronger gradient",
            ),
            Choice(
                "They grow at first and then shrink.",
                "First D gets steeper in x. Then D(G(z)) gets small, and the factor D wins. With the other loss they keep growing.",
            ),
            Choice(
                "Nothing: D's moves do not touch G.",
                "The samples stay where they are. But the arrows are gradients of G's loss, which passes through D, and D has changed.",
                "the generator's gradient does not depend on the discriminator",
            ),
        ),
    ),
}
