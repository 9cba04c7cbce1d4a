"""nbgrader's view of this course. Every nbgrader command that runs in this folder reads it."""

import os
from pathlib import Path

from pgmkit.grading.converter import install
from pgmkit.grading.results.feedback import FeedbackExporter

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

# Student code runs in a cage and the judge stays outside of it: for `nbgrader autograde`, the formgrader's button and `python -m pgmkit.course grade`.
install()
c.CagedAutograde.timeout = 60.0  # seconds for one cell and for one exercise; five times as long for a submission
c.CagedAutograde.memory = 2048  # megabytes for one submission, beyond the libraries
c.CagedAutograde.cage = True  # False: student code runs with your rights
# c.CagedAutograde.workers = 4  # default: one for each core
# c.CagedAutograde.scheduler = "tcp://host:8786"  # a Dask cluster grades instead

# Feedback pages that run no script and load nothing; they read the gradebook and the grading run's records themselves.
c.GenerateFeedback.exporter_class = FeedbackExporter
c.GenerateFeedback.preprocessors = []
c.GenerateFeedback.post_convert_hook = "pgmkit.grading.results.feedback.only_the_page"
