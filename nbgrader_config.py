"""nbgrader's view of this course. Every nbgrader command that runs in this folder reads it."""

import os
import secrets
from pathlib import Path

c = get_config()

ROOT = Path(__file__).resolve().parent

c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.course_id = "pgmkit"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignments"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"

# Where problem sets are handed out and in. On a server with many users, name a folder that all of them can write to.
c.Exchange.root = os.environ.get("NBGRADER_EXCHANGE", str(ROOT / "exchange"))

# The text sources hold the answers: they never go into a release.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "*.md"]

c.IncludeHeaderFooter.header = ""
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.ExecutePreprocessor.timeout = 120
c.ExecutePreprocessor.interrupt_on_timeout = True

# One thread per kernel, no progress bars, and inputs of the exams that nobody has seen before.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", TQDM_DISABLE="1")
os.environ["PGMKIT_EXAM_SEED"] = str(secrets.randbits(48))
