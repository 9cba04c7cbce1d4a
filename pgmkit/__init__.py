"""pgmkit: deep generative models, and knowledge put into them.

Read the package in this order: `core`, `rng`, `nets`, `train`, then the families (`gan`), then `checks`.
"""

__version__ = "0.1.0"

EXAM_SEED = "PGMKIT_EXAM_SEED"
"""Environment variable that the grading run sets: exams draw their inputs from it, and ungraded cells stay quiet."""
