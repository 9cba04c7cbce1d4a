"""The questions of lecture 10."""

from pgmkit.questions import Choice, Question

QUESTIONS: dict[str, Question] = {
    "negative": Question(
        "One step of phi descends log Z - alpha E_data[f]. Which samples push f down, and how strongly does each push?",
        (
            Choice(
                "Samples of the model, all with the same weight",
                "That is the critic of lecture 3: its negative phase is a mean over p. Here it is a mean over q. The two agree as alpha goes to 0.",
                "the negative phase is a mean over p",
            ),
            Choice(
                "The data that f rates low",
                "Data only ever push f up. What pushes down is what q makes and the data do not make often enough.",
                "data are their own negatives",
            ),
            Choice(
                "Samples of the model, each with its weight under q: those that f now rates high push most",
                "The gradient of log Z is alpha E_q[grad f], and q is the model reweighted by exp(alpha f). So f is lowered where f is high and the model is.",
            ),
            Choice(
                "None: log Z is a normaliser, and a constant has no gradient",
                "Z is a constant in x, but it depends on phi. Its gradient is the whole negative phase. Without it the loss is unbounded.",
                "Z does not depend on phi",
            ),
        ),
    ),
    "naive": Question(
        "The naive rule ascends E_q[f] with a table f, and p stays fixed. What diverges, and what happens to q?",
        (
            Choice(
                "Nothing: q is normalised, so f stays bounded too",
                "q is bounded, f is not. All the normalisation hides is a constant added to f; the gaps between the values of f grow as well.",
                "a normalised q bounds f",
            ),
            Choice(
                "f: its values add up to more at every step. q goes to one point, the one that was most probable at the start",
                "phi moves along alpha q, whose entries sum to 1. The most probable value gains most, so its lead grows for ever. No data are asked.",
            ),
            Choice(
                "f, but q converges to the data, because E_q[f] is an expectation under the truth",
                "No data enter E_q. It is an expectation under the model, reweighted by f itself.",
                "q already stands for the data",
            ),
            Choice(
                "The gradient explodes, so clipping it repairs the rule",
                "The gradient stays small, its entries sum to alpha. It is the direction that is wrong, for ever; clipping keeps the direction.",
                "the failure is a step size problem",
            ),
        ),
    ),
    "reference": Question(
        "f was fitted by MaxEnt IRL with a uniform reference, so exp(alpha f) is proportional to p_data. It is then used in PR, where the reference is p_theta. What is q?",
        (
            Choice(
                "p_data, because f was fitted to the data",
                "It was fitted to make exp(alpha f) alone proportional to p_data. With another reference, the same f gives another q.",
                "a constraint is right or wrong by itself",
            ),
            Choice(
                "p_theta, because the two normalisers cancel",
                "Only one normaliser is in q. And f is not constant here, so q is not p_theta.",
                "normalising removes f",
            ),
            Choice(
                "Proportional to p_theta p_data: what both find likely counts twice",
                "The tilt multiplies the reference. The right f for this p is (log p_data - log p_theta) / alpha, which only adds what p lacks.",
            ),
            Choice(
                "It cannot be said without alpha",
                "alpha f = log p_data + constant, for every alpha. The strength is already inside.",
                "alpha changes what a fitted f means",
            ),
        ),
    ),
    "detach": Question(
        "In the loss sum_k w_k f(x_k) - mean f(data), w = softmax(alpha f(x)), why are the weights taken as given (detached)?",
        (
            Choice(
                "Only to save time; the gradient is the same",
                "It is the same for the log-sum-exp form of the loss, where nothing is detached. For this form it is not: the weights depend on phi.",
                "a softmax weight has no gradient of its own",
            ),
            Choice(
                "Otherwise the gradient has an extra term, alpha Cov_q(f, grad f), which belongs to no likelihood",
                "With w given, the gradient is E_q[grad f], the one of (1/alpha) log Z. Differentiating the weights too gives the gradient of E_q[f].",
            ),
            Choice(
                "To keep the samples from moving",
                "The samples are fixed numbers already. What would move is how much each of them counts.",
                "detaching weights means detaching samples",
            ),
            Choice(
                "Because weights must sum to 1, and a gradient step would break that",
                "The softmax sums to 1 whatever phi is. The gradient's direction is the point.",
                "detaching preserves normalisation",
            ),
        ),
    ),
    "who": Question(
        "The GAN's discriminator aside: which parameters move in the two turns of one round, and what is taken as given?",
        (
            Choice(
                "Both move in both turns, since q depends on both",
                "q depends on both. That is why it is frozen in the M-step: with a live q, the first-order signal cancels.",
                "a joint loss needs a joint step",
            ),
            Choice(
                "phi moves while the model's samples are given; then theta moves while f and q are given",
                "Each turn has one set of parameters. In theta's turn an implicit model does send its gradient through f, but phi keeps none.",
            ),
            Choice(
                "phi moves in the M-step, because the M-step is where parameters are learned",
                "That is the naive rule: with q given, the best f is unbounded. phi has an objective of its own, the likelihood of data under q.",
                "one objective for all parameters",
            ),
            Choice(
                "Only theta moves; phi is found from theta in closed form",
                "A closed form exists for an oracle that knows both densities. For a network f there is none, so phi takes steps.",
                "the E-step also solves for phi",
            ),
        ),
    ),
    "inner": Question(
        "To save time, q and f stay frozen and the generator takes 100 steps on -alpha E[f(G(z))] alone. What do they minimise?",
        (
            Choice(
                "KL(p || q), because q is frozen",
                "Freezing q is right, but the reverse KL has a second part, KL(p || p_t), and an implicit model cannot compute it.",
                "a frozen q is all that is needed",
            ),
            Choice(
                "KL(q || p), because f carries the information on q",
                "That would need log p_theta of q's samples, which an implicit model does not have.",
                "both directions have the same surrogate",
            ),
            Choice(
                "KL(p || q) up to a constant: log Z_t",
                "log Z_t is indeed constant. KL(p || p_t) is not: it is 0 at theta_t and grows with every step.",
                "all that is left out is constant",
            ),
            Choice(
                "Not KL(p || q): without the term KL(p || p_t) they carry p towards the best f",
                "Only at theta_t has the missing term no gradient. Every step away makes the error larger, and nothing holds p.",
            ),
        ),
    ),
    "fixed_point": Question(
        "A table f is learned from p_data; the model keeps its own loss on p_own, and the regularization has weight 1. Where does an unrestricted model end?",
        (
            Choice(
                "At p_data: the constraint corrects all errors in the end",
                "Only without the model's own loss, or with ever larger weight. The own loss keeps asking for p_own.",
                "a learned constraint removes every error",
            ),
            Choice(
                "At (p_own + p_data) / 2, with q = p_data",
                "The table makes q equal to the data. The M-step then fits the two distributions at once, and the best compromise is their mean.",
            ),
            Choice(
                "At p_own: once q equals the data, f is constant and has no force",
                "f is constant only where p equals the data. Here p lags behind, so f keeps a finite, useful gap.",
                "a converged constraint is flat",
            ),
            Choice(
                "At the product of the two, normalised",
                "A product would come from two rewards in one tilt. The M-step is a likelihood under both distributions, and it mixes them.",
                "two losses multiply distributions",
            ),
        ),
    ),
    "gan": Question(
        "On the ring, with the rule of section 8 and alpha = 2, the autoregressive model ends at 27% violations and the GAN at none. What explains it best?",
        (
            Choice(
                "The reverse KL is mode seeking, so the GAN lost modes by accident",
                "It may lose modes, but here none of the forbidden half is wanted: the balance of this game is 0, for an ideal generator too.",
                "every loss of modes is mode seeking",
            ),
            Choice(
                "The GAN was trained longer, and the other model would get there too",
                "The autoregressive model has come to rest at its own balance, 27%. More steps do not change a fixed point.",
                "the violation rate measures progress",
            ),
            Choice(
                "Their own losses resist differently: the two games have different fixed points at the same alpha",
                "A likelihood loses without limit when a region of the data goes missing. The generator loses log 3 at most by staying on the good half, so from alpha = log 3 on the hard rule wins.",
            ),
            Choice(
                "The smooth rule of the GAN is stronger than the hard one",
                "The two agree but near the line. With the hard rule the balance of the GAN would be 0 as well.",
                "smoothing strengthens a rule",
            ),
        ),
    ),
}
