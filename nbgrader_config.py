"""nbgrader's view of this course. Every nbgrader command that runs in this folder reads it."""

import os
import secrets
from pathlib import Path

c = get_config()

c.CourseDirectory.root = str(Path(__file__).resolve().parent) if "__file__" in globals() else os.getcwd()
c.CourseDirectory.course_id = "pgmkit"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignments"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
c.CourseDirectory.db_assignments = []

# The text sources hold the answers: they never go into a release.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "*.md"]

c.IncludeHeaderFooter.header = ""
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.ExecutePreprocessor.timeout = 120
c.ExecutePreprocessor.interrupt_on_timeout = True

# One thread per kernel, no progress bars, and inputs of the exams that nobody has seen before.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", TQDM_DISABLE="1")
os.environ["PGMKIT_EXAM_SEED"] = str(secrets.randbits(48))
