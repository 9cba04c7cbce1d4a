"""Where a student's code runs: `session` is one kernel, forked by the warm parent into a cage of its own.

`cage` (bubblewrap) and `confine` (what a fork does to itself) are the walls, `watch` counts what is used inside, `warm` is the parent that forks,
`kernel` what it becomes, `provisioner` and `parents` start them, `shadow` and `standin` are what exists of pgmkit inside, `scratch` makes folders.
"""
