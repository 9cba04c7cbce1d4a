"""The questions of lecture 5."""

from pgmkit.questions import Choice, Question

QUESTIONS: dict[str, Question] = {
    "sign": Question(
        "Let x = 2z with z standard normal. Forward goes from z to x. Which log_det does forward return, and what is p(x) at x = 0?",
        (
            Choice(
                "log_det = -log 2, and p(0) is half of the base's 0.399",
                "-log 2 = log|dz/dx| is what inverse returns. A log_det belongs to the direction that returned it.",
                "there is only one log_det, whichever way one goes",
            ),
            Choice(
                "log_det = log 2, and p(0) is twice the base's 0.399",
                "The density is multiplied by |dz/dx|, which is 1/2, not by |dx/dz|. A stretch thins the mass out.",
                "a stretch raises the density",
            ),
            Choice(
                "log_det = log 2, and p(0) is half of the base's 0.399",
                "The map doubles lengths, so dx/dz = 2 and log_det = +log 2. The mass is spread over twice the length: p(0) = 0.399 / 2 = 0.199.",
            ),
            Choice(
                "log_det = 0, because z = 0 goes to x = 0",
                "A fixed point does not move, but its neighbours do. The log_det is about lengths near the point, not about the point.",
                "the Jacobian measures how far a point moves",
            ),
        ),
    ),
    "gaussian": Question(
        "x = 3 - 2z with z standard normal. What is log p(x) at x = 1? (log N(1; 0, 1) = -1.419, log N(0; 0, 1) = -0.919, log 2 = 0.693)",
        (
            Choice(
                "-1.419 + 0.693 = -0.726",
                "+0.693 is log|dx/dz|. The formula for p(x) wants log|dz/dx| = -0.693.",
                "the log-det of the other direction",
            ),
            Choice(
                "-1.419 - 0.693 = -2.112",
                "z = (3 - 1) / 2 = 1, and |dz/dx| = |-1/2|, whose logarithm is -0.693. The result is N(3, 2^2), taken at 1.",
            ),
            Choice(
                "-1.419: shifts and scales do not change a Gaussian",
                "It stays a Gaussian, but with standard deviation 2, so it is lower and wider. Only the shift costs nothing.",
                "a Gaussian keeps its height",
            ),
            Choice(
                "It does not exist: the slope is -2, and log(-2) is not a number",
                "The absolute value belongs to the formula: a mirror image keeps lengths, so only |-2| counts.",
                "a decreasing map has no density",
            ),
        ),
    ),
    "orthogonal": Question(
        "x = Qz with Q orthogonal. z is uniform on a square. Does the map change the values of the density?",
        (
            Choice(
                "It depends on the dimension",
                "Q^T Q = I gives det(Q)^2 = 1 in every dimension.",
                "rotations change volumes in high dimension",
            ),
            Choice(
                "No, and so p(x) and p(z) are the same function",
                "The value at x is the value at z = Q^T x, another place. The two functions agree everywhere only for a base that is the same in all directions.",
                "equal values mean equal functions",
            ),
            Choice(
                "Yes, by the factor det Q, which may be -1",
                "The absolute value is taken: a mirror keeps volumes. A density that is multiplied by -1 would be negative.",
                "the sign of the determinant counts",
            ),
            Choice(
                "No: p(Qz) equals p(z) at every z",
                "|det Q| = 1, so volumes stay. The values stay with their points; only the places move. Here the square is turned.",
            ),
        ),
    ),
    "dimension": Question(
        "A GAN's generator maps 100 latents to an image of 784 pixels. Why can we not train it by maximum likelihood, as a flow?",
        (
            Choice(
                "Its samples fill a set of volume zero, so p(x) does not exist as a density",
                "The image of 100 dimensions is at most 100-dimensional (Result 5.3). Almost every real image lies off it and has no finite log p(x).",
            ),
            Choice(
                "A determinant of 784 x 784 is too slow",
                "The Jacobian is 784 x 100: it has no determinant at all, slow or fast.",
                "only the cost is in the way",
            ),
            Choice(
                "A network with ReLUs is not differentiable",
                "It is, except on a set of probability zero, and that does not hurt: this lecture trains flows with ReLU networks inside.",
                "kinks forbid densities",
            ),
            Choice(
                "Its latents are not Gaussian",
                "Usually they are, and any base with a density would do. The two dimensions differ: that is the obstacle.",
                "the base must be Gaussian, or there is no flow",
            ),
        ),
    ),
    "conditioner": Question(
        "In an affine coupling, what must hold for the network that computes log_s and t?",
        (
            Choice(
                "It must be invertible",
                "Its input is still there on the other side, so nobody has to recover it. Even a constant network works.",
                "every part of an invertible map must be invertible",
            ),
            Choice(
                "Nothing: any function of the half that stays will do",
                "Undoing the coupling calls the network on the same half again. Only the affine map of the other half is inverted.",
            ),
            Choice(
                "It must have a triangular Jacobian",
                "The Jacobian of the coupling is triangular because one half stays. The network's own Jacobian sits in the corner that the determinant ignores.",
                "the triangle is the network's",
            ),
            Choice(
                "It must return log_s with sum 0",
                "Then volumes would never change. That is one special family; a non-zero sum is what lets the density change its height.",
                "a flow preserves volume",
            ),
        ),
    ),
    "order": Question(
        "x = f_3(f_2(f_1(z_0))). Which line finds z_0?",
        (
            Choice(
                "f_3(f_2(f_1(x)))",
                "This goes two times round in the same direction. Inference needs the inverses.",
                "forward and inverse are the same walk",
            ),
            Choice(
                "f_3^{-1}(f_2^{-1}(f_1^{-1}(x)))",
                "This undoes f_1 first, as the slide's index would have it. It is right when the maps commute, but most maps do not.",
                "inverses run in the order of generation",
            ),
            Choice(
                "f_1^{-1}(f_2^{-1}(f_3^{-1}(x)))", "The map that was applied last is undone first: z_{i-1} = f_i^{-1}(z_i), i = 3, 2, 1."
            ),
            Choice(
                "Any order: the log-determinants are added, and sums do not care",
                "The sum does not care about the order of its terms. But each term is taken at a point z_i, and a wrong order visits other points.",
                "sums commute, so maps commute",
            ),
        ),
    ),
    "no_log_det": Question(
        "Someone forgets the log-determinant: the loss is -log N(f^{-1}(x); 0, I), averaged over data. Where does training lead?",
        (
            Choice(
                "The loss goes to minus infinity",
                "-log N has a smallest value, log 2 pi = 1.838 in the plane. The loss stops there, and looks healthy.",
                "a wrong likelihood must diverge",
            ),
            Choice(
                "To the same flow, only more slowly",
                "The term that rewards stretching z apart is gone. It is another objective, with another minimum.",
                "the log-det is a correction of detail",
            ),
            Choice(
                "f becomes the identity",
                "The identity gives the data their own |x|^2 as a loss. Shrinking beats it.",
                "no log-det means volume-preserving",
            ),
            Choice(
                "f^{-1} sends all data to z = 0",
                "Without the log-det, shrinking is free: the best place for every point is the mode of the base. The next cell measures it.",
            ),
        ),
    ),
    "floor": Question(
        "The data's entropy is 0.78 nats. Flow A has a loss of 0.87 on held-out data. Flow B has a loss of 0.70 on its 200 training points. What follows?",
        (
            Choice(
                "B is better: its loss is lower",
                "The two losses are means over different things. A kernel of width zero on each training point would have a loss of minus infinity there.",
                "a training loss is a likelihood of the truth",
            ),
            Choice(
                "A is 0.09 nats of KL away from the truth; about B we know nothing yet",
                "Held-out loss = entropy + KL (Result 5.7). On training points the loss may fall below the entropy: B has learned those points, and has to be measured on others.",
            ),
            Choice(
                "B has a bug: no loss can lie below the entropy",
                "No *expected* loss can. A mean over 200 points that the model was fitted to can, and a flexible model will make it so.",
                "the bound holds on every sample",
            ),
            Choice(
                "9% of A's samples are wrong",
                "A KL is no share of samples. It is a mean difference of log-densities over the data; 0.09 nats says that the densities differ by a factor of e^0.09 in the geometric mean.",
                "nats are a percentage",
            ),
        ),
    ),
}
