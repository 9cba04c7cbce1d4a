"""The grading run: untrusted notebooks in a cage, a trusted judge outside of it, one writer to the gradebook.

Read it in the order in which a submission goes through it. `units` holds what crosses between the parts.

- From a folder to cells: `collect`, then `intake` with `opening`, `sources`, `instructor`, `arrange`, `places`; `clean` and `markdown`.
- The cage: `cage` (bubblewrap) and `confine` (what a fork does to itself), `warm` (the parent that forks), `kernel`, `provisioner`, `parents`;
  `shadow` and `standin` are what exists of pgmkit inside.
- One submission: `session` (a kernel) and `sitting` (its cells and its exams).
- Between judge and answer: `wire`, `shared` and `answering` on the student's side; `remote`, `posting`, `reading`, `applying`, `telling` on the judge's.
- A class: `classroom` with `work`, `workers`, `cluster`; `records`, `desk`, `gradebook`, `autograded`, `register` write; `command`, `converter`, `summary`.
- For people: `feedback`, `export`, `report` with `marks`, `pages`, `safe`, `charts`; `doctor`; `trouble` is what they are told.
"""
