"""pgmkit: deep generative models, and knowledge put into them.

Read the package in this order: `core`, `rng`, `nets`, `train`, then the families (`gan`), then `checks`.
"""

__version__ = "0.1.0"
