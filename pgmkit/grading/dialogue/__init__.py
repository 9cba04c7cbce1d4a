"""Judge and answer in two processes that talk in JSON and raw tensors, never in pickles.

`wire`, `shared` and `answering` are the student's side; `remote`, `posting`, `reading`, `applying` and `telling` the judge's.
"""
