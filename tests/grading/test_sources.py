import pytest

from pgmkit.grading.submission.sources import imports_alone


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import drive\ndrive.mount()", []),
        ("%matplotlib widget\nimport numpy as np", ["import numpy as np"]),
        (
            "from __future__ import annotations\nfrom __future__ import division\nimport a.b\nx = 1\nfrom c import *",
            ["import a.b", "from c import *"],
        ),
        ("def f():\n    import os\n1 / 0", []),
        ("this is no Python", []),
    ],
)
def test_imports_that_a_failure_may_have_kept_away(source, found):
    assert imports_alone(source) == "\n".join(f"try:\n    {line}\nexcept Exception:\n    pass" for line in found)
