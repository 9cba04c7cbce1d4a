"""Questions of the start page."""

from pgmkit.questions import Choice, Question

QUESTIONS: dict[str, Question] = {
    "rounding": Question(
        r"A discriminator in 64 bits gives a sample the logit $s = 30$. You compute $-\log(1 - \sigma(s))$ as it is written. What happens?",
        (
            Choice(
                "The result is infinite.",
                "In 64 bits sigma(s) rounds to 1 only from s = 53 log 2 = 36.7 on. At s = 30 there is still a finite number.",
                "every large logit overflows",
            ),
            Choice(
                "The result is finite, but only its first four or five digits are right.",
                "1 - sigma(s) is about 1e-13, and sigma(s) carries an error of about 1e-16: a thousandth of it. The logarithm turns that into an error of about 0.001 on a loss of 30.",
            ),
            Choice(
                "The result is exact to 16 digits: 64 bits are enough for any formula.",
                "The subtraction 1 - sigma(s) cancels nearly all digits. More bits move the trouble from 16.6 to 36.7; they do not remove it.",
                "double precision repairs the formula",
            ),
        ),
    ),
    "step": Question(
        "A finite difference disagrees with autograd in the third digit. You make the step h ten times smaller, and it agrees even less. Why?",
        (
            Choice(
                "The gradient of autograd is wrong.",
                "Perhaps it is, but this does not show it. Look at the step first: a wrong gradient leaves an error that does not depend on h.",
                "a finite difference is the truth",
            ),
            Choice(
                "A smaller step always has a smaller error, so there must be a bug in the loop over h.",
                "Only the part from Taylor's formula shrinks. The rounding part grows like 1/h.",
                "smaller steps are better",
            ),
            Choice(
                "The step was already below the best one, where rounding dominates.",
                "Left of the best step the error is about 4u|f|/h, so ten times smaller a step is ten times worse.",
            ),
        ),
    ),
    "seed": Question(
        "In one cell you draw with generator=fresh(0). Somebody adds a call of torch.rand(5), without a generator, just before. Do your numbers change?",
        (
            Choice(
                "Yes: every draw moves the one stream of random numbers.",
                "There is more than one stream. A Generator carries a state of its own; the global stream is another one.",
                "all randomness is one stream",
            ),
            Choice("No.", "fresh(0) starts a generator of its own. The call moves the global stream only."),
            Choice(
                "No, because torch.rand is uniform and yours are normal.",
                "The distribution does not matter. Two calls on one generator always influence each other.",
                "streams belong to distributions",
            ),
        ),
    ),
    "tolerance": Question(
        "A test file holds 100 Monte Carlo checks of right answers, each with a tolerance of 2 standard errors and a new seed every day. How often is a day all green?",
        (
            Choice(
                "Nearly always: 2 standard errors mean 95%.",
                "95% is the chance of one check. A green day needs all hundred.",
                "one check's chance is the file's chance",
            ),
            Choice(
                "About one day in a hundred.", "0.9545 to the power 100 is 0.0095, if the checks are independent. With k = 5 it is 0.99994."
            ),
            Choice(
                "About every second day.",
                "That would need a chance of 0.993 for each check, which is k = 2.7. Here each check passes with 0.9545.",
                "the chance is guessed, not multiplied",
            ),
        ),
    ),
    "two_mistakes": Question(
        "Your kl_divergence has p and q swapped, and it also gives nan at zeros. What will the report most likely say?",
        (
            Choice(
                "It names both mistakes.",
                "The judge names one mistake, and only if everything that mistake would do is what your answer did.",
                "the judge reads the code",
            ),
            Choice(
                "It names the swap, because the formula comes first.",
                "The swap alone would give a finite number where yours gives nan. The observations differ, so this name does not fit.",
                "the closest mistake is named",
            ),
            Choice(
                "It names no mistake, but the first observation that differs: what was wanted and what came.",
                "Two mistakes at once fit no single known mistake. Repair the first difference, and the other mistake gets its name.",
            ),
        ),
    ),
}
