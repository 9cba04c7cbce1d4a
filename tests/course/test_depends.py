from pgmkit.course.depends import LIBRARY, files, fingerprint


def names(source):
    return {path.relative_to(LIBRARY).as_posix() for path in files(source)}


def add_a_line(path):
    path.write_text(path.read_text() + "\n")


def test_modules_are_followed_through_packages_and_names():
    found = names("from pgmkit.labs import wgan_lines")
    assert {"labs/wgan_lines.py", "labs/__init__.py", "plots.py", "errors.py", "__init__.py"} <= found
    assert not {"labs/gan_lab.py", "checks/judge.py", "course/build.py"} & found


def test_a_notebook_that_takes_an_exam_depends_on_the_exams():
    assert {"checks/judge.py", "checks/report.py"} <= names("from pgmkit.checks import check")


def test_the_fingerprint_changes_with_a_cell_and_with_markdown_only_cells():
    one = fingerprint(["# Title", "import pgmkit.rng"])
    assert one == fingerprint(["# Title", "import pgmkit.rng"])
    assert len({one, fingerprint(["# Other title", "import pgmkit.rng"]), fingerprint(["# Title", "import pgmkit.nets"])}) == 3


def test_the_fingerprint_changes_with_a_module(monkeypatch, tmp_path):
    import shutil

    from pgmkit.course import depends

    shutil.copytree(LIBRARY, tmp_path / "pgmkit", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(depends, "LIBRARY", tmp_path / "pgmkit")
    before = depends.fingerprint(["import pgmkit.nets"])
    add_a_line(tmp_path / "pgmkit" / "rng.py")
    assert depends.fingerprint(["import pgmkit.nets"]) == before
    add_a_line(tmp_path / "pgmkit" / "errors.py")  # nets imports errors
    assert depends.fingerprint(["import pgmkit.nets"]) != before


def test_the_fingerprint_changes_with_a_data_file_that_a_module_names(monkeypatch, tmp_path):
    import shutil

    from pgmkit.course import depends

    shutil.copytree(LIBRARY, tmp_path / "pgmkit", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(depends, "LIBRARY", tmp_path / "pgmkit")
    uses, other = (["from pgmkit.data import verbs"], ["import pgmkit.nets"])
    before = depends.fingerprint(uses), depends.fingerprint(other)
    add_a_line(tmp_path / "pgmkit" / "data" / "verbs.tsv")
    assert depends.fingerprint(uses) != before[0]
    assert depends.fingerprint(other) == before[1]
