"""A class: `classroom` hands out submissions to `workers` or a `cluster` and keeps what comes back.

`work` is the unit that each of them does. `desk`, `records`, `gradebook`, `autograded` and `register` write, one transaction for each student;
`summary` is what the instructor reads at the end.
"""
