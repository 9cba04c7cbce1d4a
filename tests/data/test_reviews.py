"""Loading of public files. No test needs a network: a folder stands in for it, or a function that pretends to download."""

import gzip
import re
from hashlib import sha256
from pathlib import Path

import pooch
import pytest

from pgmkit.data import download
from pgmkit.data.download import fetch, sources
from pgmkit.data.reviews import cr, mr, sst2, sst2_phrases, tree_nodes

TREES = b"(3 (2 A) (4 (3 Fine) (2 film)))\n(1 (2 A) (1 (2 flat) (2 film)))\n"
TEXTS = {
    "sst2/stsa.binary.dev": "1 a fine film\n0 flat \u00a0 but long \n",
    "sst2/trees_train.txt.gz": TREES.decode(),
    "mr/rt-polarity.neg": "dull \n",
    "mr/rt-polarity.pos": "fun \u2026\n\nnot bad \n",
    "cr/custrev.neg": "it broke\n",
    "cr/custrev.pos": "it works\n",
}
ENCODINGS = {"mr/rt-polarity.neg": "cp1252", "mr/rt-polarity.pos": "cp1252"}


def raw(name):
    return TEXTS[name].encode(ENCODINGS.get(name, "utf-8"))


@pytest.fixture
def known(monkeypatch):
    """The same names and addresses, the digests of our small texts."""
    real = sources()
    ours = {name: real[name]._replace(digest=sha256(raw(name)).hexdigest()) for name in TEXTS}
    monkeypatch.setattr(download, "sources", lambda: ours)


@pytest.fixture
def folder(tmp_path, monkeypatch, known):
    for name in TEXTS:
        place = tmp_path / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(gzip.compress(raw(name)) if place.suffix == ".gz" else raw(name))
    monkeypatch.setenv(download.FOLDER, str(tmp_path))
    monkeypatch.setattr(pooch, "retrieve", refuse)
    return tmp_path


def refuse(*args, **kwargs):
    raise AssertionError("nothing may be downloaded")


def unplugged(*args, **kwargs):
    raise ConnectionError("no network")


def test_sentences_of_sst2(folder):
    tokens, labels = sst2("dev")
    assert tokens == [["a", "fine", "film"], ["flat", "\u00a0", "but", "long"]]
    assert labels.tolist() == [1, 0]


def test_phrases_of_the_trees(folder):
    tokens, labels = sst2_phrases()
    found = {" ".join(words): label for words, label in zip(tokens, labels.tolist(), strict=True)}
    assert found == {"fine": 1, "fine film": 1, "a fine film": 1, "flat film": 0, "a flat film": 0}  # neutral ones are left out


def test_the_nodes_of_a_tree_come_children_first():
    nodes = list(tree_nodes("(3 (2 A) (4 (3 Fine) (2 film)))"))
    assert nodes == [(2, ["a"]), (3, ["fine"]), (2, ["film"]), (4, ["fine", "film"]), (3, ["a", "fine", "film"])]


def test_reviews_in_two_files(folder):
    assert mr().tokens == [["dull"], ["fun", "\u2026"], ["not", "bad"]] and mr().labels.tolist() == [0, 1, 1]
    assert cr().tokens == [["it", "broke"], ["it", "works"]] and cr().labels.tolist() == [0, 1]


def test_other_bytes_are_refused(folder):
    place = folder / "cr" / "custrev.pos"
    place.write_bytes(b"it worked\n")
    with pytest.raises(ValueError, match=rf"custrev.pos must have the sha256 .*; got {sha256(b'it worked' + bytes([10])).hexdigest()}"):
        cr()


def test_what_the_folder_lacks_is_downloaded(folder, monkeypatch):
    (folder / "cr" / "custrev.pos").unlink()
    cached = folder / "cached"
    cached.write_bytes(raw("cr/custrev.pos"))
    asked = []

    def retrieve(url, known_hash, fname, path, processor=None):
        asked.append((url, known_hash, processor))
        return str(cached)

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    assert cr().tokens[1] == ["it", "works"]
    ((url, known_hash, processor),) = asked
    assert url.endswith("/data/raw/custrev.pos") and known_hash == f"sha256:{sha256(raw('cr/custrev.pos')).hexdigest()}"
    assert processor is None


def test_a_member_of_a_zip_is_checked_too(tmp_path, monkeypatch, known):
    monkeypatch.delenv(download.FOLDER, raising=False)
    member = tmp_path / "train.txt"
    processors = []

    def retrieve(url, known_hash, fname, path, processor=None):
        processors.append(processor)
        return [str(member)]

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    member.write_bytes(TREES)
    assert len(sst2_phrases().tokens) == 5
    assert isinstance(processors[0], pooch.Unzip) and processors[0].members == ["trees/train.txt"]
    member.write_bytes(TREES + b"\n")
    with pytest.raises(ValueError, match=r"train.txt must have the sha256"):
        sst2_phrases()


@pytest.mark.parametrize("set_to", [None, "", "a_folder"])
def test_no_network_and_no_folder_says_what_to_do(monkeypatch, known, tmp_path, set_to):
    if set_to is None:
        monkeypatch.delenv(download.FOLDER, raising=False)
    else:
        monkeypatch.setenv(download.FOLDER, set_to and str(tmp_path / set_to))
    monkeypatch.setattr(pooch, "retrieve", unplugged)
    with pytest.raises(FileNotFoundError) as caught:
        sst2("dev")
    said = str(caught.value)
    assert "sst2/stsa.binary.dev must be in the folder that PGMKIT_DATA names" in said and "no network" in said
    assert "Connect to the network, or put the file" in said


def test_the_sources_are_pinned():
    found = sources()
    assert len(found) == 9
    for name, source in found.items():
        assert re.fullmatch("[0-9a-f]{64}", source.digest), name
        pinned = re.match(r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/[0-9a-f]{40}/", source.url)
        assert pinned or source.member, name  # a zip without a hash of its own: its member is checked
        assert not Path(name).is_absolute() and ".." not in name


def test_nothing_is_read_outside_the_folder_for_an_unknown_name(folder):
    with pytest.raises(ValueError, match="name must be one of"):
        fetch("../secret")
