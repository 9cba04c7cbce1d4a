"""A Dask cluster of two worker processes gives what one process of this machine gives."""

import os
import shutil
import sys

import pytest
from fake_grade import no_cage, nothing
from fakes import FAKE, SET, Heard, classroom, hand_in
from ledger import rows_of

from pgmkit.grading.run import cluster
from pgmkit.grading.run.classroom import Work
from pgmkit.grading.run.records import Records
from pgmkit.grading.trouble import Trouble

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.xdist_group("cluster")


@pytest.fixture(scope="module")
def address():
    """The address of a scheduler with two workers."""
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")]))
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL") as local:
        yield local.scheduler_address


@pytest.fixture
def hall(root):
    for number in range(8):
        hand_in(root, f"student-{number}")
    return root


def test_two_workers_of_a_cluster_give_the_same_gradebook(hall, address, tmp_path):
    other = shutil.copytree(hall, tmp_path / "other")
    summary = classroom(hall, scheduler=address).run()
    assert summary.graded == 8
    classroom(other).run()
    assert rows_of(hall / "gradebook.db") == rows_of(other / "gradebook.db")


def test_a_failure_is_tried_again_and_then_refused(hall, address):
    hand_in(hall, "ada", "raise")
    heard = Heard()
    summary = classroom(hall, heard, scheduler=address).run()
    assert (summary.graded, summary.refused) == (8, 1)
    assert any("ada was refused: Grading it failed twice" in line for line in heard.said)


def test_a_worker_without_a_cage_stops_the_run(hall, address):
    with pytest.raises(Trouble, match="the cage is broken"):
        classroom(hall, scheduler=address, how=Work(no_cage, nothing, nothing, ())).run()
    assert list(Records(hall, SET).all()) == []


def test_workers_with_another_pgmkit_are_named(hall, address, monkeypatch):
    monkeypatch.setattr(cluster, "package_fingerprint", lambda: "ours")
    monkeypatch.setattr(cluster.Cluster, "fingerprints", lambda self: {"tcp://one": "ours", "tcp://two": "theirs"})
    with pytest.raises(Trouble, match="These Dask workers have another pgmkit, or none: tcp://two"):
        classroom(hall, scheduler=address).run()


def test_a_scheduler_that_is_not_there_is_told(hall, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with pytest.raises(Trouble, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        classroom(hall, scheduler="tcp://127.0.0.1:9").run()


def test_without_dask_a_cluster_is_explained(hall, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Trouble, match=r"needs Dask distributed .* pip install -e '\.\[dask\]'"):
        classroom(hall, scheduler="tcp://127.0.0.1:1", how=FAKE).run()
