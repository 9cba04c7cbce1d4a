"""The questions of lecture 7."""

from pgmkit.questions import Choice, Question

QUESTIONS: dict[str, Question] = {
    "shift": Question(
        "Someone adds 100 to f. The gradient of E_p[f] is estimated from a few draws of f(x) s(x). What changes?",
        (
            Choice(
                "Nothing: a constant drops out of a gradient",
                "It drops out of the expectation. Each single draw still contains it, and the draws do not cancel it exactly.",
                "what vanishes on average vanishes in every draw",
            ),
            Choice(
                "The gradient grows a hundredfold, so the learning rate must shrink",
                "The expected gradient is Cov(f, s), and a covariance does not see constants. Only the noise grows.",
                "a larger f means a larger gradient",
            ),
            Choice(
                "The expected gradient stays, the noise grows strongly",
                "E[100 s] = 0, so nothing changes on average. But every draw now carries 100 s, whose variance is 10,000 Var[s]. Above, with c = 100: from 2.3 to 126 gradient lengths.",
            ),
            Choice(
                "The estimate becomes biased",
                "The score has mean zero under the model, so the estimate stays unbiased. Large noise is not bias.",
                "noise is taken for bias",
            ),
        ),
    ),
    "constant": Question(
        "The constraint is the same number for every x, say f(x) = 5, and alpha = 2. What is q, and what is the minimum of the functional?",
        (
            Choice(
                "q is uniform, and the minimum is -10",
                "A uniform q would pay a KL for leaving p, and gain nothing for it. Where f has no preference, q stays with p.",
                "no preference means uniform",
            ),
            Choice(
                "q = p, and the minimum is -10",
                "e^10 cancels against Z = e^10. The KL is 0, and -alpha E_q[f] = -10 = -log Z. Only differences of f move q.",
            ),
            Choice(
                "q = p, and the minimum is 0",
                "q = p is right, and its KL is 0. But the functional also counts -alpha E_q[f] = -10, whichever q we take.",
                "what cannot be changed counts nothing",
            ),
            Choice(
                "q does not exist: e^10 p sums to more than 1",
                "That sum is Z, and q is divided by it. Normalising is part of the E-step.",
                "the tilt is used without its normaliser",
            ),
        ),
    ),
    "monotone": Question(
        "A positive alpha doubles. The model p stays. What is true of q for every f and every p on finitely many values?",
        (
            Choice(
                "E_q[f] cannot fall",
                "Its derivative in alpha is Var_q[f], which is never negative. It may rise very little: near the top the variance is tiny.",
            ),
            Choice(
                "E_q[f] doubles",
                "The derivative is a variance, and it changes with alpha. E_q[f] can never exceed the largest f, so it cannot keep doubling.",
                "the strength scales the result",
            ),
            Choice(
                "q(x) rises for every x with f(x) > 0",
                "Only values with f above E_q[f] gain: d log q / d alpha = f(x) - E_q[f]. Zero has no special meaning for f.",
                "the sign of f decides",
            ),
            Choice(
                "The most probable value of q is now the one with the best f",
                "In the limit alpha to infinity it is, where p > 0. At a finite alpha a large p can still win against a better f.",
                "any tilt finds the maximum of f",
            ),
        ),
    ),
    "jensen": Question(
        "Model A has f = 0.5 always. Model B has f = 1 with probability 0.3, otherwise f = 0. alpha = 5. Which one does each objective prefer?",
        (
            Choice(
                "Both prefer A",
                "They agree for weak alpha only. At alpha = 5 the average of e^{5f} is ruled by the three draws in ten with f = 1.",
                "the two objectives are the same",
            ),
            Choice(
                "Both prefer B",
                "E_p[f] is 0.3 for B and 0.5 for A. The direct objective counts the seven bad draws in ten fully.",
                "the best sample decides both",
            ),
            Choice(
                "The direct objective prefers B, posterior regularization prefers A",
                "It is the other way round. By Jensen, log E[e^{af}] lies above a E[f], and the more so the more f varies: variation helps B in PR.",
                "PR punishes variation",
            ),
            Choice(
                "The direct objective prefers A, posterior regularization prefers B",
                "The means are 0.5 and 0.3. The soft maxima are 0.5 and log(0.3 e^5 + 0.7) / 5 = 0.76: some very good mass is enough for PR.",
            ),
        ),
    ),
    "data": Question(
        "In an EM round on loss(theta) + w L(theta, q): which step looks at the training data?",
        (
            Choice(
                "The E-step: it computes the posterior of the data",
                "In classical EM it does. Here x is what the model produces, and q tilts the model's own distribution.",
                "the E-step of a latent-variable model",
            ),
            Choice(
                "Both",
                "The formula q = p e^{alpha f} / Z holds no data. They reach q only later, through the theta that they helped to choose.",
                "everything in EM depends on the data",
            ),
            Choice(
                "The M-step, through the model's own loss; the E-step only sees the model and f",
                "q is built from p_theta and f. The data pull in the M-step, where they are mixed with q, in the ratio 1 to w.",
            ),
            Choice(
                "Neither: the constraint replaces the data",
                "Then the model's own loss is missing, and section 5 shows what follows: collapse onto the best f.",
                "knowledge replaces data",
            ),
        ),
    ),
    "floor": Question(
        "Half of the data break the rule, and the weight is 1. You raise alpha without limit. To which share of rule breakers does the model fall?",
        (
            Choice(
                "To 0",
                "q goes to 0. The model is fitted to q and to the data, and the data still break the rule.",
                "the model follows q",
            ),
            Choice(
                "To 0.25",
                "v = (v_d + w v_q) / (1 + w): q becomes clean, v_q = 0, but the data keep their half of the mixture: 0.5 / 2. Only the weight lowers this.",
            ),
            Choice(
                "It stays at 0.5, because the model must fit the data",
                "The M-step mixes: half of its examples come from q, which has hardly any rule breakers.",
                "data always win",
            ),
            Choice(
                "To 0.274",
                "That is the value at alpha = 2. There q still has 4.9% rule breakers; a stronger alpha removes them too.",
                "the fixed point does not depend on alpha",
            ),
        ),
    ),
    "support": Question(
        "The model never produces a certain kind of x: p(x) = 0 there. f is very high on it. What can posterior regularization do, with any alpha?",
        (
            Choice(
                "Nothing: q(x) = p(x) e^{alpha f} / Z = 0 too, and no draw will ever show this x",
                "A tilt multiplies. Zero stays zero, in the table and among the samples. The data, another model or better proposals must bring it in.",
            ),
            Choice(
                "Raise alpha until x appears",
                "e^{alpha f} times 0 is 0 for every finite alpha. Among samples the best one gets all the weight, but it is one of those that were drawn.",
                "a strong constraint creates mass",
            ),
            Choice(
                "Draw more samples",
                "This helps if p(x) is tiny. At p(x) = 0 no number of draws contains x.",
                "rare is taken for impossible",
            ),
            Choice(
                "Use many EM rounds: each adds a little mass",
                "p_T is proportional to p_0 e^{T alpha f}: still a product with p_0(x) = 0.",
                "rounds add up mass",
            ),
        ),
    ),
    "sitted": Question(
        "The network has learned sit, sat. Now it imitates the rule's teacher on the labelled verbs too, in the end with 0.9 of the weight. What happens to sit?",
        (
            Choice(
                "sat: a label is a fact, a rule is only soft",
                "The loss knows no facts, only weights. With 0.9 on the teacher the label can be outvoted.",
                "labels always win",
            ),
            Choice(
                "sat: the rule says nothing about irregular verbs",
                "We know that sit is irregular. The function f does not: it looks at the spelling, and says sitted is right.",
                "a rule knows its exceptions",
            ),
            Choice(
                "sat and sitted in turn",
                "The teacher and the label add up to one loss with one minimum for this verb; nothing makes it alternate.",
                "two targets make training oscillate",
            ),
            Choice(
                "sitted: the label keeps a tenth of the weight, and the teacher pulls the rest towards the rule, again and again",
                "The teacher tilts the current model. Once the model leans to sitted, the next teacher leans further: the E-step is renewed at every step.",
            ),
        ),
    ),
}
