"""From a student's folder to the cells that run: `collect` reads files without trust, `intake` makes the notebook whole.

`opening` takes cells out of any JSON, `sources` reads their code, `instructor` says what belongs there, `arrange` and `places` put it in order;
`clean` and `markdown` leave nothing active in what is shown later.
"""
