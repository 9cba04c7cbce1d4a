"""The words around the tables of grading_speed.md."""

TEXT = """# Speed of the grading run

Made by `make bench-grading`. {versions}; {machine}.

{count} right submissions of ps2, each a course folder's `submitted/<student>/ps2`, graded by nbgrader and by pgmkit in one run, one after the other.
**{met} targets met.** The targets are for nbgrader as it comes, the first row.

{ratios}

{runs}

* nbgrader: a folder with nbgrader's defaults and no line of this course's configuration, `nbgrader autograde ps2`. It runs one submission after
  the other and starts a kernel for each.
* ps2 has cells that train and are not graded. nbgrader runs them, since nothing tells it not to; our grading run leaves them out, as the notebook
  says to the student. So the second row gives nbgrader the variable `PGMKIT_EXAM_SEED`, with which these cells leave themselves out too. The third
  row adds `OMP_NUM_THREADS=1`: the kernel as our run has it.
* pgmkit: `python -m pgmkit.course grade ps2 --workers N` from its first line to its last, every submission in a cage of its own.
* Memory is the proportional set size of all processes together (what they share counts once), looked at every second or so.
  Processor time is read ten times a second; of a process that has ended the last tenth may be missing.

## Where the time of a submission goes

{phases}

## A class of {many}

Two workers, caged. Resident memory of the main process, of the workers together and of the warm parent, at the moment the last of these submissions was
done. Students' own processes end with their submission.

{growth}

A straight line through the points: {straight}

## On a cluster

{cluster} submissions, of which two in three lose points, with one seed for each run; the whole gradebook is compared.

{dask}
"""
