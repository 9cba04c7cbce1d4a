"""English verbs and their past tense: real ones, and invented ones for which only the rule can help.

`verbs.tsv` holds common verbs from UniMorph English (CC BY-SA 3.0, see `verbs_licence.txt`), and `edits.tsv` the 22 edits of a spelling
that make their past tenses: 0 to 3 are regular, the others make the past of two or more irregular verbs each. Verbs such as go, have and
make, whose past no edit here gives, are left out.
"""

import re
from functools import cache
from random import Random
from typing import NamedTuple
from zlib import crc32

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from pgmkit.data.download import fetch
from pgmkit.data.packaged import table
from pgmkit.errors import describe, want_count, want_generator, want_text


class Edit(NamedTuple):
    """A name, the part of the spelling that changes (a regular expression), what stands there in the past, an example."""

    name: str
    part: str
    new: str
    example: str


EDITS = tuple(Edit(*row) for row in table("edits.tsv"))
D, ED, IED, DOUBLE = REGULAR = range(4)
ONSETS = [*"bdfgklmnprstvwz", "bl", "br", "dr", "fl", "gr", "kl", "pl", "sl", "sn", "st", "tr"]
CODAS = [*"bdfgklmnprstvz", "ck", "ld", "nt", "sh", "sp"]


class Verb(NamedTuple):
    """A verb, its past and the number of the edit between them; edits 0 to 3 are the regular ones."""

    verb: str
    past: str
    edit: int


def past(verb: str, edit: int) -> str:
    """The past tense that an edit makes: past("love", 0) is "loved". A verb without the part that changes stays as it is."""
    want_verb(verb)
    if isinstance(edit, bool) or not isinstance(edit, int) or not 0 <= edit < len(EDITS):
        raise ValueError(f"edit must be the number of an edit, 0 to {len(EDITS) - 1}; got {describe(edit)}. See EDITS.")
    return re.sub(EDITS[edit].part, EDITS[edit].new, verb, count=1)


def want_verb(verb: str) -> None:
    """Raise unless verb is one word of small letters."""
    if not isinstance(verb, str) or not re.fullmatch("[a-z]+", verb):
        raise ValueError(f"verb must be one word in small letters, such as 'add'; got {describe(verb)}.")


def edit_between(verb: str, past_tense: str) -> int | None:
    """The number of the first edit that turns the verb into this past tense, or None if no edit does, as for go and went."""
    want_verb(verb)
    want_text(past_tense=past_tense)
    found = (i for i, edit in enumerate(EDITS) if re.search(edit.part, verb) and past(verb, i) == past_tense)
    return next(found, None)


def vowel_groups(verb: str) -> int:
    """How many groups of vowels, about the number of syllables: 1 in "like", 2 in "visit". The u of qu is no vowel, nor a y in front."""
    want_verb(verb)
    spelling = re.sub(r"(?<=[^aeiou])e$", "", verb.replace("qu", "qw"))
    return len(re.findall("[aeiouy]+", re.sub("^y", "j", spelling)))


def regular(verb: str) -> Tensor:
    """The rule "-d or -ed" as truth values r(verb, edit) of all edits, shape (22,): 1 for what the spelling allows, otherwise 0.

    -e takes -d; a consonant and y take -ied; one consonant after one vowel is doubled, other verbs take -ed. In a longer verb the
    doubling depends on the stress (permitted, visited), which the spelling does not show: there the rule allows both.

    L13, "How humans learn".
    """
    want_verb(verb)
    r = torch.zeros(len(EDITS))
    if verb.endswith("e"):
        r[D] = 1
    elif re.search("[^aeiou]y$", verb):
        r[IED] = 1
    elif re.search("[^aeiou][aeiou][^aeiouwxy]$", verb.replace("qu", "qw")):
        r[DOUBLE] = 1
        r[ED] = vowel_groups(verb) > 1
    else:
        r[ED] = 1
    return r


@cache
def verbs() -> tuple[list[Verb], list[Verb]]:
    """655 regular and 192 irregular common verbs, in order of the alphabet, with the edits that their spellings show."""
    known = [Verb(verb, past_tense, edit_between(verb, past_tense)) for verb, past_tense in table("verbs.tsv")]
    return [v for v in known if v.edit in REGULAR], [v for v in known if v.edit not in REGULAR]


def all_verbs() -> list[tuple[str, str]]:
    """Every verb and past tense of UniMorph English, some 22,000 pairs, from PGMKIT_DATA or the network; rare words and errors too."""
    rows = (line.split("\t") for line in fetch("verbs/eng.args").decode().split("\n") if line)
    return sorted({(verb, form) for verb, form, tags in rows if tags == "V;PST" and re.fullmatch("[a-z]+", verb + form)})


def invented_verbs(n: int, *, generator: Generator | None = None) -> list[Verb]:
    """n different verbs of one or two syllables such as "brop", "tefy", with the past that the rule gives; none for which it allows two.

    None is in `verbs`, nor a past tense there, but chance makes a word that exists now and then.
    """
    want_count(n=n)
    want_generator(generator)
    random, made = Random(int(torch.randint(2**62, (), generator=generator))), {}
    real = {word for group in verbs() for verb in group for word in verb[:2]}
    while len(made) < n:
        first = random.choice(["", "", random.choice(ONSETS) + random.choice("aeiou")])
        stem = first + random.choice(ONSETS) + random.choice([*"aeiou", "ai", "ea", "oo"])
        verb = stem + random.choice(CODAS) + random.choice(["", "", "e", "y"])
        if verb not in real and int(regular(verb).sum()) == 1:
            edit = int(regular(verb).argmax())
            made[verb] = Verb(verb, past(verb, edit), edit)
    return list(made.values())


def verb_features(verb: str, *, memory: int = 512) -> Tensor:
    """What a network sees: the last four letters, one-hot (108); 1, 2 or more vowel groups (3); the whole word as a hashed one-hot.

    The hash is where single words can be learned by heart; two words share a place now and then.

    Args:
        verb: one word in small letters.
        memory: places of the hash.

    Returns:
        Shape (111 + memory,).
    """
    want_verb(verb)
    want_count(memory=memory)
    letters = torch.tensor([ord(c) - ord("`") for c in verb[-4:].rjust(4, "`")])
    vowels, place = min(max(vowel_groups(verb), 1), 3) - 1, crc32(verb.encode()) % memory
    parts = (F.one_hot(letters, 27).flatten(), *(F.one_hot(torch.tensor(i), size) for i, size in ((vowels, 3), (place, memory))))
    return torch.cat(parts).to(torch.get_default_dtype())
