"""The questions of lecture 8."""

from pgmkit.questions import Choice, Question

QUESTIONS: dict[str, Question] = {
    "butter": Question(
        'Which of these sentences does the rule "in A but B, B decides" say something about?',
        (
            Choice(
                "the plot is slow but the cast is great",
                'It has a word "but" with words on both sides. B is "the cast is great".',
            ),
            Choice(
                "butter and bread are great, the plot is dull",
                '"but" must be a word. A search in the letters also finds "butter", "debut" and "attribute".',
                "a rule about words is a search in the letters",
            ),
            Choice(
                "but the cast is great",
                "Nothing stands before it, so there is no clause A that B could overrule. Every label satisfies the rule: r = 1 and 1.",
                "any but makes a grounding",
            ),
            Choice(
                "All three: a rule has a truth value for every sentence",
                "It has, but where it is not grounded that value is 1 for every label. A constant in y says nothing about y.",
                "a truth value is always information",
            ),
        ),
    ),
    "average": Question(
        "A is true (1) and B is false (0). What are A & B, and the average of A and B?",
        (
            Choice(
                "0 and 0: both are conjunctions",
                "The average is a conjunction in name only. It equals the Boolean value only where all parts are equal.",
                "every soft conjunction is Boolean at the corners",
            ),
            Choice(
                "1/2 and 1/2",
                "1/2 is the average. & subtracts 1 first: both doubts add up, 0 + 1 = 1, and nothing is left.",
                "& averages too",
            ),
            Choice(
                "0 and 1/2",
                "max(1 + 0 - 1, 0) = 0 agrees with Boolean logic. The average counts that half of the parts hold.",
            ),
            Choice(
                "0 and 1",
                "1 would be A or B, min(A + B, 1). An average of 1 and 0 lies between them.",
                "the average takes the larger part",
            ),
        ),
    ),
    "constant": Question(
        "For a sentence, a rule gives r = 0.2 for both labels: it is badly violated, whatever the label. What does the teacher do?",
        (
            Choice(
                "It lowers both probabilities",
                "Probabilities of two labels add up to one. A common factor cannot lower both.",
                "a violated rule lowers everything",
            ),
            Choice(
                "Nothing: q = p on this sentence",
                "Both labels get the same factor exp{-0.8 C lambda}, and Z divides it out. Only differences of r between labels move q.",
            ),
            Choice(
                "It moves q towards 1/2 and 1/2, to show the doubt",
                "That would be a penalty on confidence. The factor is the same for both labels, so the odds do not move.",
                "an unhappy rule flattens q",
            ),
            Choice(
                "It makes r = 1 first, because the rule is not grounded",
                "r = 1 and r = 0.2 for both labels give the same q. Nobody has to repair anything.",
                "only r = 1 is neutral",
            ),
        ),
    ),
    "strength": Question(
        "The network says P(+) = 0.99 for a sentence (log-odds 4.6), and P(+) = 0.1 for its clause B. With C = 6 and lambda = 1 in our formula, what does q say?",
        (
            Choice(
                "Negative: B decides, and B is negative",
                "That would be a hard rule. A soft one moves the log-odds by at most C lambda / 2 = 3 here, less than 4.6.",
                "a rule that applies always wins",
            ),
            Choice(
                "Negative: the log-odds move by -9.6, to -5",
                "That is 2 C (2 s - 1), what the public code of 2016 computes when it is told 6. In our formula it is C = 24.",
                "C = 6 means the same everywhere",
            ),
            Choice(
                "Exactly 0.1: q copies the clause",
                "q stays near p in KL. The clause gives a shift, no value; only as lambda grows without bound does q follow its verdict.",
                "the teacher replaces the network",
            ),
            Choice(
                "Still positive: the log-odds move by 6 (0.1 - 0.5) = -2.4, to 2.2",
                "q(+) = 1/(1 + exp(-2.2)) = 0.90. Even s = 0 would only move them by 3. A surer network needs a larger C.",
            ),
        ),
    ),
    "marginals": Question(
        "For two words, q gives the sequences XZ, YY, ZY the probabilities 0.4, 0.3, 0.3. Somebody takes the most probable label of each word. What comes out?",
        (
            Choice(
                "XY, a sequence of probability 0",
                "The first word is X with 0.4, the second Y with 0.6. But X is never followed by Y. For one sequence use Viterbi: XZ. For soft targets use the marginals.",
            ),
            Choice(
                "XZ, the best sequence",
                "Viterbi would give it. The second word alone is Y with probability 0.3 + 0.3.",
                "marginals and Viterbi agree",
            ),
            Choice(
                "YY, because Y is the most frequent label",
                "The first word is Y with 0.3 only, and X with 0.4.",
                "labels are counted over all places",
            ),
            Choice(
                "Nothing: a hard rule makes marginals undefined",
                "Marginals of a distribution with zeros are sums of what is left. They exist as long as one sequence is allowed.",
                "zeros break dynamic programming",
            ),
        ),
    ),
    "temperature": Question(
        "Somebody distils with T = 10 plus a loss on true labels, and forgets the factor T^2. What happens?",
        (
            Choice(
                "Nothing: a constant factor does not move a minimum",
                "It does not move the minimum of that term. But two terms are added, and their balance moves.",
                "a factor in front of one term of a sum is harmless",
            ),
            Choice(
                "The student becomes ten times less sure at test time",
                "It predicts at T = 1. The temperature belongs to the training loss of both, not to the student.",
                "the student keeps the temperature",
            ),
            Choice(
                "The teacher's part of the gradient is about a hundred times too small, so the labels decide",
                "The gradient of the cross-entropy falls like 1/T^2. The factor was there to keep the balance when T changes.",
            ),
            Choice(
                "The teacher's part becomes a hundred times too large",
                "Softer targets lie nearer to each other, so their difference is smaller, and 1/T from the inner derivative makes it smaller still.",
                "softer targets pull harder",
            ),
        ),
    ),
    "pi": Question(
        "A sentence has the label + and the teacher says s(+) = 0.2. The student's probability is 0.5 and pi = 0.6. In which direction does its logit move, and which pi is plain training?",
        (
            Choice(
                "Down, because pi is above one half and the teacher wins",
                "There is no vote. The mixed target 0.52 lies above the student's 0.5.",
                "the larger weight decides alone",
            ),
            Choice(
                "Up a little, towards 0.4 + 0.6 x 0.2 = 0.52; pi = 0 is plain training",
                "The gradient is sigma minus the mixed target (Result 8.9): 0.5 - 0.52 < 0, and descent goes up.",
            ),
            Choice(
                "Up, towards 0.6 + 0.4 x 0.2 = 0.68; pi = 1 is plain training",
                "Here pi and 1 - pi are exchanged: pi is the share of the teacher.",
                "pi weighs the label",
            ),
            Choice(
                "Not at all, until the teacher is trained",
                "This teacher is never trained. It is the student's own answer, tilted by the rule, and rebuilt at each step.",
                "a teacher is a second network",
            ),
        ),
    ),
    "seeds": Question(
        "A paper runs a baseline once and its method with 20 seeds, and reports the best of the 20. Both methods are in truth equal, with a standard deviation of 0.8 points over seeds. What gain should you expect in the table?",
        (
            Choice(
                "None: 20 seeds average the noise away",
                "Averages do. A maximum does the opposite: it picks the noise.",
                "many seeds help, however they are used",
            ),
            Choice(
                "0.8 / sqrt(20) = 0.18 points",
                "That is the standard error of a mean of 20. The table does not show a mean.",
                "the error of the mean is the error of the best",
            ),
            Choice(
                "None, if the test set is large",
                "A large test set measures each trained network exactly. The networks themselves still differ from seed to seed.",
                "all noise comes from the test set",
            ),
            Choice(
                "About 1.5 points, out of nothing",
                "The best of 20 lies 1.87 standard deviations above the mean (Result 8.11), the single baseline on average at the mean: 1.87 x 0.8 = 1.5.",
            ),
        ),
    ),
}
