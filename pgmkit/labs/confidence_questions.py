"""The questions of lecture 9."""

from pgmkit.questions import Choice, Question

QUESTIONS: dict[str, Question] = {
    "gradient": Question(
        "At the label, a rule has the truth 0.7. Under the present q its mean truth for this x is 0.9. What does this x say about the confidence of the rule?",
        (
            Choice(
                "Raise it by 0.7, the truth at the label",
                "This is the positive phase alone. It is never negative, so every confidence would rise forever, that of a wrong rule too.",
                "the negative phase can be left out",
            ),
            Choice(
                "Raise it: the rule is true to 0.7, more than a half",
                "There is no threshold at a half. What counts is the difference to what q already does, which is 0.9.",
                "a rule that is mostly true deserves more trust",
            ),
            Choice(
                "Lower it: 0.7 - 0.9 is negative",
                "The gradient is r(label) - E_q[r] = -0.2. q obeys the rule more than the label does, so it trusts the rule too much here.",
            ),
            Choice(
                "Nothing, because the confidence must be learned over many x",
                "The gradient is a mean over x, and each x contributes its own difference. This one contributes -0.2.",
                "a single example has no gradient",
            ),
        ),
    ),
    "silent": Question(
        "A rule is silent about nearly all sentences (r = 1 for both labels), and where it speaks it agrees with every label seen. What does learning on these labels do with its confidence?",
        (
            Choice(
                "It falls to 0, because the rule has nothing to say in most cases",
                "Silence is not disagreement. Where r does not depend on y it cancels in q, and the gradient there is exactly 0.",
                "silent examples count against a rule",
            ),
            Choice(
                "It rises without end: the silent sentences pull neither way, and the others only upwards",
                "A constant r gives r - E_q[r] = 0. Where the rule speaks, q has less truth than the label as long as q is not sure, so the gradient stays positive. Formula (9) with a share of 1: no maximum.",
            ),
            Choice(
                "It becomes the share of sentences on which the rule is right",
                "A confidence is not a probability. For hard opinions and a uniform p it is 2 log(share / (1 - share)), which has no upper bound.",
                "a confidence is a probability of being right",
            ),
            Choice(
                "It rises to 1, the largest truth value",
                "r lies in [0, 1]; lambda only has to be at least 0. It stands in an exponent, so it lives on the scale of log-odds.",
                "truth and confidence share one scale",
            ),
        ),
    ),
    "overfit": Question(
        "p gives each training label the probability 0.9999. Why does learning the confidences on these very sentences fail?",
        (
            Choice(
                "Bad rules get high confidences, because p is trusted too much",
                "Near a flat top nobody moves: all confidences stay close to where they start, good and bad alike.",
                "an over-fitted p makes bad rules look good",
            ),
            Choice(
                "The problem is no longer concave there",
                "It is concave for every p (Result 9.2). It is only almost flat: the covariances are tiny too.",
                "over-fitting breaks concavity",
            ),
            Choice(
                "The confidences over-fit: three numbers remember 500 labels",
                "Three numbers cannot. It is p that remembered them, before the confidences were asked.",
                "the confidences themselves over-fit",
            ),
            Choice(
                "q is already sure, so r(label) and E_q[r] agree for every rule: no gradient, for good rules and bad ones",
                "E_q[r] is a mean under a distribution that sits on the label. The difference has the size of 1 - q(label), whatever the rule says.",
            ),
        ),
    ),
    "dictionary": Question(
        "Which line of this dictionary from posterior regularization to policy optimisation is wrong?",
        (
            Choice(
                "model p_theta(x)  becomes  the new policy",
                "It becomes the reference, the old policy: what q stays close to. The new policy is q.",
            ),
            Choice(
                "constraint f(x)  becomes  reward R(s, a)",
                "This line is right. Both say what is wanted, and both enter as exp{alpha ...}.",
                "a reward is something else than a score of x",
            ),
            Choice(
                "x  becomes  the pair (s, a)",
                "This line is right: p(x) = mu(s) pi(a|s). Whole paths are possible too, as in section 5.",
                "x must be the state alone",
            ),
            Choice(
                "alpha, the strength  becomes  one over a temperature",
                "This line is right. A large alpha is a low temperature: q concentrates on the best actions.",
                "a high temperature makes a strong constraint",
            ),
        ),
    ),
    "states": Question(
        "Policy by policy (a), or the pair x = (s, a) as a whole (b): what differs between the two tilts of the same p by the same R?",
        (
            Choice(
                "Nothing: a normaliser is only a constant",
                "(a) has one normaliser for each state, (b) has one for all. The ratio Z(s) / Z is what moves the states.",
                "all normalisers are alike",
            ),
            Choice(
                "The actions in each state are the same; only (b) also changes how probable the states are",
                "q(s, a) = mu'(s) pi'(a|s) with the same pi', and mu'(s) proportional to mu(s) Z(s). Good states gain, although nobody has walked there.",
            ),
            Choice(
                "In (b) the actions change too, because the states are weighted",
                "Weights of states cancel when one conditions on the state: q(a|s) is that of (a).",
                "the weight of a state changes its policy",
            ),
            Choice(
                "(b) is stationary, (a) is not",
                "(a) is a policy, and any agent can follow it. (b) is a joint distribution whose states leak; REPS repairs this.",
                "a joint tilt respects the dynamics",
            ),
        ),
    ),
    "constant": Question(
        "Every path enters exactly four places. Somebody adds 10 to the reward of every place. What happens to q, to the demonstrations, and to the fitted reward?",
        (
            Choice(
                "The fit recovers the 10, if there are enough demonstrations",
                "No number of demonstrations helps: their distribution is the same. The covariance C has the eigenvalue 0 in this direction.",
                "enough data identify everything",
            ),
            Choice(
                "The demonstrator is paid more, so it follows the reward more closely",
                "Differences between paths count, not levels. To follow more closely, alpha or the differences must grow.",
                "higher rewards make behaviour more deterministic",
            ),
            Choice(
                "Nothing at all: every path gains 40, which cancels in q",
                "v . psi(x) = 40 for all x (Result 9.9). The reward is known up to a constant only, and a fit from w = 0 never moves along this direction.",
            ),
            Choice(
                "The same would hold if paths could end early",
                "Then a path with two places gains 20 and one with four gains 40, and q changes. The constant is lost only because all paths are equally long.",
                "a constant reward never matters",
            ),
        ),
    ),
    "phase": Question(
        "f is a table, one free number for each x, learned by ascent on E_data[log q]. What does one step do to f at an x that q likes and the data do not contain?",
        (
            Choice(
                "It lowers f(x), as a binary discriminator would: samples of p are the negatives",
                "The direction fits, but the weights do not: here the negatives come from q, that is from p with weights exp{alpha f}.",
                "the negatives come from p",
            ),
            Choice(
                "It raises f(x), because q likes it and q is the teacher",
                "This is the naive update: it praises what q already does, and contains no data (erratum E9).",
                "a constraint should agree with q",
            ),
            Choice(
                "Nothing: only data points have a gradient",
                "log Z depends on f at every x. Its gradient is the negative phase.",
                "the normaliser is a constant",
            ),
            Choice(
                "It lowers f(x)",
                "For a table the gradient at x is alpha (p_data(x) - q(x)), here -alpha q(x). Ascent pushes f down where q has too much mass, until data and q agree.",
            ),
        ),
    ),
    "ess": Question(
        "All 64 samples have the same f. How large is the ESS, and what does it say?",
        (
            Choice(
                "1: equal f means that all samples say the same",
                "ESS looks at weights, not at how different the samples are. ESS = 1 means that one weight is 1 and the others are 0.",
                "ESS counts different values",
            ),
            Choice(
                "64: the weights are equal, but f says nothing about these samples, so q = p on them",
                "1 / (64 (1/64)^2) = 64. A full ESS is best for the variance; yet here it only says that f does not tell the samples apart.",
            ),
            Choice(
                "64, so the estimate of E_q[f] is certainly good",
                "Unless a region that q loves was never sampled. A small sample does not know what it misses, so a large ESS is no proof.",
                "a large ESS proves a good estimate",
            ),
            Choice(
                "It depends on alpha",
                "Equal f give equal weights at every alpha: exp{alpha f} is a common factor and cancels.",
                "alpha changes equal weights",
            ),
        ),
    ),
}
