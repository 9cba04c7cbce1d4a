import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pgmkit.course.paths import Course

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def course() -> Course:
    return Course(ROOT)


@pytest.fixture
def copy(tmp_path) -> Course:
    """A course directory of its own: sources and configuration, nothing built by grading."""
    for name in ("solutions", "assignments"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    return Course(tmp_path)


@pytest.fixture(scope="session")
def run():
    """Run a module of this environment in a folder; its failure is the test's."""

    def call(folder: Path, *command: str) -> subprocess.CompletedProcess:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        env = os.environ | {"PATH": path, "JUPYTER_DATA_DIR": str(folder / ".data"), "JUPYTER_CONFIG_DIR": str(folder / ".config")}
        done = subprocess.run([sys.executable, "-m", *command], cwd=folder, env=env, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done

    return call
