"""Wrong arguments of sentences, verbs and downloads, and of the recipes on them, for `test_arguments.py`: (call, wanted, came)."""

import torch

from pgmkit.data import download, packaged, reviews, sentiment, tokens, verbs
from pgmkit.knowledge import recipes_sentiment, recipes_verbs
from pgmkit.models import textcnn

NUMBERS = {"good": 2, "but": 3, "long": 4}
SENTENCE = ["good", "but", "long"]
LISTS = "list of lists of words"


def net():
    return textcnn.TextCNN(torch.zeros(5, 3), maps=2)


def data():
    return recipes_sentiment.encode_but([SENTENCE, ["good"]], NUMBERS, torch.tensor([0, 1]))


def fit(**kwargs):
    return recipes_sentiment.train_sentiment(**{"model": net(), "labelled": data(), "seed": 0, "batch": 2, "epochs": 1} | kwargs)


def task(**kwargs):
    return recipes_verbs.past_tense_task(**{"n": 3, "irregulars": 3, "unlabelled": 3} | kwargs)


def learn(**kwargs):
    return recipes_verbs.train_past_tense(**{"task": task(), "seed": 0, "steps": 1} | kwargs)


SENTENCES = {
    packaged.table: [(lambda: packaged.table(""), "name must be a text", "''")],
    download.source: [(lambda: download.source("mr"), "name must be one of sst2/stsa.binary.train", "'mr'")],
    download.download: [(lambda: download.download("mr"), "name must be one of", "'mr'")],
    download.fetch: [(lambda: download.fetch(3), "name must be one of", "got 3")],
    tokens.number_words: [
        (lambda: tokens.number_words(["a film"]), f"tokens must be a {LISTS}", "['a film']"),
        (lambda: tokens.number_words("a film"), f"tokens must be a {LISTS}", "'a film'"),
        (lambda: tokens.number_words([["a"]], least=0), "least must be a whole number", "got 0"),
    ],
    tokens.encode: [
        (lambda: tokens.encode([[1, 2]], NUMBERS), f"tokens must be a {LISTS}", "[[1, 2]]"),
        (lambda: tokens.encode([["a"]], ["a"]), "numbers must be an object of type Mapping", "['a']"),
    ],
    sentiment.draw_word: [(lambda: sentiment.draw_word(2, None), "polarity must be 1, -1 or 0", "got 2")],
    sentiment.draw_clause: [(lambda: sentiment.draw_clause(3, sentiment.Random(0)), "polarity must be 1, -1 or 0", "3")],
    sentiment.draw_sentence: [
        (lambda: sentiment.draw_sentence(None, but=2, opposite=0.5), "but is a share", "got 2"),
        (lambda: sentiment.draw_sentence(None, but=0.5, opposite=-1), "opposite is a share", "got -1"),
    ],
    sentiment.draw_sentences: [
        (lambda: sentiment.draw_sentences(0), "n must be a whole number", "got 0"),
        (lambda: sentiment.draw_sentences(2, noise=1.5), "noise is a share", "got 1.5"),
        (lambda: sentiment.draw_sentences(2, but="all"), "but is a share", "'all'"),
        (lambda: sentiment.draw_sentences(2, generator=0), "CPU torch.Generator", "got 0"),
    ],
    sentiment.but_task: [(lambda: sentiment.but_task(train=0), "train must be a whole number", "got 0")],
    sentiment.word_vectors: [(lambda: sentiment.word_vectors(0), "dim must be a whole number", "got 0")],
    reviews.lines: [(lambda: reviews.lines("a"), "name must be one of", "'a'")],
    reviews.sst2: [(lambda: reviews.sst2("valid"), "split must be train, dev or test", "'valid'")],
    reviews.tree_nodes: [(lambda: next(reviews.tree_nodes("")), "tree must be a text", "''")],
    reviews.two_files: [(lambda: reviews.two_files("imdb/", "ascii"), "name must be one of", "'imdb/.neg'")],
    textcnn.TextCNN: [
        (lambda: textcnn.TextCNN(torch.zeros(5)), "vectors must have shape (V, d)", "(5,)"),
        (lambda: textcnn.TextCNN(torch.zeros(5, 3), maps=0), "maps must be a whole number", "got 0"),
        (lambda: textcnn.TextCNN(torch.zeros(5, 3), widths=(2, 0)), "widths[1] must be a whole number", "got 0"),
    ],
    textcnn.TextCNN.forward: [
        (lambda: net()(torch.zeros(2, 3)), "ids must hold whole numbers", "(2, 3)"),
        (lambda: net()(SENTENCE), "ids must hold whole numbers", "['good', 'but', 'long']"),
    ],
    textcnn.TextCNN.log_probs: [(lambda: net().log_probs(torch.zeros(2, dtype=torch.int64)), "shape (n, L)", "(2,)")],
    recipes_sentiment.encode_but: [
        (lambda: recipes_sentiment.encode_but(["good but long"], NUMBERS), "tokens must be a list of words", "'good but long'"),
        (lambda: recipes_sentiment.encode_but([SENTENCE], NUMBERS, torch.zeros(2)), "one label for each of 1 sentences", "(2,)"),
    ],
    recipes_sentiment.but_truths: [
        (lambda: recipes_sentiment.but_truths(net(), SENTENCE), "data must be an object of type Encoded", "['good', 'but', 'long']"),
        (lambda: recipes_sentiment.but_truths(abs, data()), "model must be an object of type Module", "abs"),
    ],
    recipes_sentiment.but_teacher: [
        (lambda: recipes_sentiment.but_teacher(net(), data(), torch.zeros(3, 2), 1.0), "r must have shape (L, n, k)", "(1, 2, 2)"),
        (lambda: recipes_sentiment.but_teacher(net(), data(), torch.zeros(2, 2), -1.0), "C must be zero or a positive", "-1.0"),
    ],
    recipes_sentiment.train_sentiment: [
        (lambda: fit(model=abs), "model must be an object of type Module", "abs"),
        (lambda: fit(labelled=[SENTENCE]), "labelled must be an object of type Encoded", "[['good'"),
        (lambda: fit(epochs=0), "epochs must be a whole number", "got 0"),
        (lambda: fit(lr=0), "lr must be a positive number", "got 0"),
        (lambda: fit(C=-1), "C must be zero or a positive number", "got -1"),
        (lambda: fit(seed="0"), "seed must be a whole number", "'0'"),
        (lambda: fit(rate=0), "rate must lie in (0, 1]", "got 0"),
        (lambda: fit(batch=3), "n must be at most the number of rows", "got 3"),
        (lambda: fit(after=3), "after of student must be a function", "got 3"),
    ],
    recipes_sentiment.but_accuracy: [
        (lambda: recipes_sentiment.but_accuracy(net(), 3), "data must be an object of type Encoded", "got 3"),
        (lambda: recipes_sentiment.but_accuracy(net(), data(), C=-2), "C must be zero or a positive number", "got -2"),
        (lambda: recipes_sentiment.but_accuracy(net(), data()._replace(y=None)), "data must have labels", "None"),
    ],
}

VERBS = {
    verbs.past: [
        (lambda: verbs.past("Add", 0), "verb must be one word in small letters", "'Add'"),
        (lambda: verbs.past("add", 22), "edit must be the number of an edit, 0 to 21", "got 22"),
        (lambda: verbs.past("add", True), "edit must be the number of an edit", "True"),
    ],
    verbs.edit_between: [
        (lambda: verbs.edit_between("give up", "gave up"), "verb must be one word", "'give up'"),
        (lambda: verbs.edit_between("give", ""), "past_tense must be a text", "''"),
    ],
    verbs.vowel_groups: [(lambda: verbs.vowel_groups(""), "verb must be one word", "''")],
    verbs.regular: [(lambda: verbs.regular(3), "verb must be one word", "got 3")],
    verbs.invented_verbs: [
        (lambda: verbs.invented_verbs(0), "n must be a whole number", "got 0"),
        (lambda: verbs.invented_verbs(2, generator=2), "CPU torch.Generator", "got 2"),
    ],
    verbs.verb_features: [
        (lambda: verbs.verb_features("naïve"), "verb must be one word", "'naïve'"),
        (lambda: verbs.verb_features("add", memory=0), "memory must be a whole number", "got 0"),
    ],
    recipes_verbs.past_tense_task: [
        (lambda: task(n=0), "n must be a whole number", "got 0"),
        (lambda: task(n=655), "n must be below 655 and irregulars below 192", "655 and 3"),
        (lambda: task(irregulars=200), "irregulars below 192", "3 and 200"),
    ],
    recipes_verbs.stacked: [
        (lambda: recipes_verbs.stacked([]), "words[0] must be an object of type Verb", "None"),
        (lambda: recipes_verbs.stacked(["add"]), "words[0] must be an object of type Verb", "'add'"),
    ],
    recipes_verbs.train_past_tense: [
        (lambda: learn(task=["add"]), "task must be an object of type PastTense", "['add']"),
        (lambda: learn(steps=0), "steps must be a whole number", "got 0"),
        (lambda: learn(C=-1), "C must be zero or a positive number", "got -1"),
        (lambda: learn(seed=0.5), "seed must be a whole number", "0.5"),
        (lambda: learn(cap=2), "lower and cap are shares", "2"),
    ],
    recipes_verbs.edit_accuracy: [(lambda: recipes_verbs.edit_accuracy(None, ["add"]), "words[0] must be an object of type Verb", "'add'")],
}

CASES = SENTENCES | VERBS
