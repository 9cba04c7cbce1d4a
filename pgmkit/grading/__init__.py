"""The grading run: untrusted notebooks in a cage, a trusted judge outside of it, one writer to the gradebook.

A submission goes through the folders in this order: `submission` makes cells of whatever was handed in, `caged` runs them where they can do no
harm, `dialogue` lets the judge talk to an answer there. `sitting` does all three for one submission, `outcome` writes what came of it. `run` does
it for a class and writes the gradebook, `results` turns that into pages and tables. `command` and `converter` are how it is started, `doctor` says
what it needs, `units` holds what crosses between the parts, `trouble` is what people are told.
"""
