"""What comes of a run, for people: `feedback` pages for students, `export` tables for other systems, a `report` on the class.

`marks` reads the gradebook; `pages`, `safe` and `charts` make HTML in which nothing of a submission is active.
"""
