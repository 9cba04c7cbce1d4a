"""Public files that the library does not ship: from a folder of yours, or from the web, and always the very same bytes."""

import gzip
import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pooch

from pgmkit.data.packaged import table
from pgmkit.errors import describe

FOLDER = "PGMKIT_DATA"


class Source(NamedTuple):
    """A public file: its address on the web, the sha256 of its bytes, unpacked, and which member of a zip it is, or nothing."""

    url: str
    digest: str
    member: str


@cache
def sources() -> dict[str, Source]:
    """All files that `fetch` knows, by their names, which are also their places in the folder PGMKIT_DATA; from `sources.tsv`."""
    return {name: Source(*rest) for name, *rest in table("sources.tsv")}


def source(name: str) -> Source:
    """The file of this name."""
    if name not in sources():
        raise ValueError(f"name must be one of {', '.join(sources())}; got {describe(name)}.")
    return sources()[name]


def download(name: str) -> Path:
    """The place of a file, downloaded once and then kept in a cache."""
    url, digest, member = source(name)
    zipped = {"known_hash": None, "processor": pooch.Unzip(members=[member]), "fname": name.replace("/", "-") + ".zip"}
    plain = {"known_hash": f"sha256:{digest}", "fname": name.replace("/", "-")}
    try:
        found = pooch.retrieve(url, path=pooch.os_cache("pgmkit"), **(zipped if member else plain))
    except OSError as error:  # no network, no such page, no room
        raise FileNotFoundError(
            f"{name} must be in the folder that {FOLDER} names or on the web; got {os.environ.get(FOLDER) or 'no folder'}, and {url} could "
            f"not be read: {error}. Connect to the network, or put the file at {name} in a folder and set {FOLDER} to that folder."
        ) from error
    return Path(found[0] if member else found)


def fetch(name: str) -> bytes:
    """The bytes of a public file, unpacked: out of the folder PGMKIT_DATA if it is there, otherwise from the web.

    Args:
        name: a key of `sources`, such as "sst2/stsa.binary.dev".

    Raises:
        FileNotFoundError: it is not in the folder, and the download failed.
        ValueError: its bytes are not those that we know.
    """
    digest = source(name).digest
    own = Path(os.environ.get(FOLDER) or os.devnull) / name
    place = own if own.is_file() else download(name)
    raw = gzip.decompress(place.read_bytes()) if place.suffix == ".gz" else place.read_bytes()
    if (found := sha256(raw).hexdigest()) != digest:
        raise ValueError(f"{place} must have the sha256 {digest}; got {found}. It is damaged or another version: delete it.")
    return raw
