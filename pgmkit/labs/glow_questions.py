"""The questions of lecture 6."""

from pgmkit.questions import Choice, Question

QUESTIONS: dict[str, Question] = {
    "actnorm_log_det": Question(
        r"An image has 3 channels and is 4 x 4. Actnorm has $\log s = (0.1, 0.2, -0.5)$. What is $\log|\det \partial z/\partial x|$, data to latents?",
        (
            Choice("0.2", "That is minus the sum of log s, for one position. The image has 16 of them.", "one factor for each channel"),
            Choice(
                "3.2", "The sum of log s is -0.2, there are 4 x 4 = 16 positions, and the direction x to z gives the minus: -16 x (-0.2)."
            ),
            Choice(
                "-3.2",
                "That is log|det dx/dz|, the direction of sampling. A log_det belongs to the direction that returned it.",
                "the sign of the other direction",
            ),
            Choice(
                "9.6",
                "48 counts every entry of the image, but log s has one number for each channel already: sum over channels, times 16 positions.",
                "channels counted twice",
            ),
        ),
    ),
    "determinant": Question(
        "A layer computes torch.det(W).abs().log() in float32, with 512 channels and entries of size about 0.05. What happens?",
        (
            Choice(
                "Nothing special: W is well conditioned, so its determinant is accurate",
                "Accuracy is not the trouble, range is. A product of 512 pivots below 1 is smaller than every positive float32.",
                "conditioning decides whether a determinant fits",
            ),
            Choice(
                "The determinant underflows to 0, and its logarithm is minus infinity",
                "The logarithm itself is harmless, about -190. slogdet adds up logarithms of pivots and never forms the product.",
            ),
            Choice(
                "The logarithm is slightly wrong, and training corrects it",
                "An infinite loss has no useful gradient. There is nothing to correct with.",
                "overflow is a rounding error",
            ),
        ),
    ),
    "conditioner": Question(
        "May the network inside a coupling have dropout, ReLUs and fewer hidden units than inputs?",
        (
            Choice(
                "No, every layer of a flow must be invertible",
                "The coupling must be, and it is. Its inverse computes the same network again on the half that stayed.",
                "the conditioner must be invertible",
            ),
            Choice(
                "Yes, but then the inverse is only approximate",
                "The inverse uses the same log s and t, found from the same half: exact up to rounding. (Dropout must be off, or drawn alike in both directions.)",
                "a lossy conditioner makes a lossy coupling",
            ),
            Choice(
                "Yes: both directions call it on the half that stays, and neither inverts it",
                "Its derivatives fill the block below the diagonal, which enters neither the determinant nor the inverse.",
            ),
            Choice(
                "Only if its Jacobian is triangular",
                "The Jacobian of the coupling is triangular for every network. The network's own Jacobian may be anything.",
                "the network's Jacobian confused with the coupling's",
            ),
        ),
    ),
    "reshape": Question(
        "Someone writes squeeze as x.reshape(n, h // 2, w // 2, 4 * c). What breaks?",
        (
            Choice(
                "The inverse: a reshape mixes up pixels and cannot be undone",
                "It is undone by the reshape back. No pixel is lost, each is only filed under another position.",
                "a reshape loses information",
            ),
            Choice(
                "The log-determinant, which is no longer 0",
                "A reshape moves entries and scales none. Its Jacobian is a permutation matrix, so log|det| = 0.",
                "moving entries changes volumes",
            ),
            Choice(
                "Nothing that a round trip or a Jacobian can see; the pixels of a position are no longer neighbours",
                "The convolutions then look for local patterns in the wrong places. The model trains, and its bits are worse.",
            ),
            Choice(
                "Nothing at all: the network learns the order of the pixels",
                "A 3x3 convolution shares its weights over positions and sees a small window. It cannot undo a wrong grid; section 8 measures what it costs.",
                "networks are blind to the order of their inputs",
            ),
        ),
    ),
    "uniform_bits": Question(
        "A model gives every image with 256 grey values the uniform density on [0, 1)^D. How many bits per dimension does it have?",
        (
            Choice("8", "log p = 0, and log2(256) = 8: the code spends 8 bits on each value, as an uncompressed file does."),
            Choice(
                "0, because log p(x) = 0",
                "The density is 1 on the unit cube, but a grey value is a bin of width 1/256, with probability 1/256.",
                "a density is a probability",
            ),
            Choice(
                "It depends on the number of pixels",
                "The total number of bits does. Per dimension it is divided by D.",
                "bits of the whole image",
            ),
            Choice(
                "5.55",
                "That is log(256) in nats. Divide by log 2 to get bits.",
                "nats taken for bits",
            ),
        ),
    ),
    "overfit": Question(
        "After 250 rounds on 200 digits the training digits cost fewer bits than ever, the held-out ones more than after 50 rounds. What do you report?",
        (
            Choice(
                "The training bits: the flow's likelihood is exact, so it cannot overfit",
                "The likelihood of a given density is exact. Whether the density fits new digits is another question, and here it does not.",
                "exact likelihood rules out overfitting",
            ),
            Choice(
                "The held-out bits, and the round at which training stopped",
                "And if the round was chosen by looking at these digits, a third set is needed for an honest number.",
            ),
            Choice(
                "The mean of both",
                "It has no meaning: one part of the mean is the very thing that overfitting improves.",
                "a compromise removes the bias",
            ),
        ),
    ),
    "temperature": Question(
        "Samples at T = 0.5 cost fewer bits than real digits. What follows?",
        (
            Choice(
                "The model at T = 0.5 is better than the data",
                "Fewer bits means denser, not better. Draws at T = 0.5 crowd around f(0) and show less variety.",
                "higher likelihood means better samples",
            ),
            Choice(
                "The model was trained at the wrong temperature",
                "It is trained by maximum likelihood at T = 1. Temperature is a choice made afterwards, at sampling.",
                "temperature is a training parameter",
            ),
            Choice(
                "They sit in a denser, smaller region than typical draws at T = 1",
                "In 64 dimensions nearly all mass lies where the density is lower but the volume larger. T < 1 gives up that part.",
            ),
            Choice(
                "Nothing: at T = 0.5 the bits cannot be computed",
                "The density of the model at any point can be computed, wherever the point came from.",
                "a density applies only to its own samples",
            ),
        ),
    ),
    "novelty": Question(
        "You want to reject images that are not digits. Is a threshold on the bits per dimension enough?",
        (
            Choice(
                "Yes: strange images always have a low likelihood",
                "Samples at T = 0.5 and class means are no draws from the data, and the threshold lets them through.",
                "unlikely and strange are one thing",
            ),
            Choice(
                "No: it catches gross changes here, and misses images that are simple or close to the mean",
                "Density says how probable a small volume around the image is. Unusual images in dense regions cost few bits.",
            ),
            Choice(
                "No, because a flow's likelihood is only a bound",
                "The flow's density is exact. The bound is between this density and the discrete probability, and is not the trouble here.",
                "the dequantisation bound is what fails",
            ),
        ),
    ),
}
