"""A gradebook as plain rows that can be compared: names in place of the ids that every database draws for itself."""

import sqlite3
from contextlib import closing

IDS = {
    "assignment": "select id, name from assignment",
    "notebook": "select id, name from notebook",
    "cell": "select id, name from base_cell",
    "submission": "select s.id, a.name || '/' || s.student_id from submitted_assignment s join assignment a on a.id = s.assignment_id",
    "submitted notebook": "select n.id, m.name || '/' || s.student_id from submitted_notebook n join notebook m on m.id = n.notebook_id "
    "join submitted_assignment s on s.id = n.assignment_id",
}
DRAWN = {"grade", "comment", "source_cell"}
"""Tables whose own ids nothing refers to."""


def rows_of(path):
    """Every table of a gradebook, its rows sorted, ids replaced by names; fails if the database is damaged."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert database.execute("pragma foreign_key_check").fetchall() == []
        names = {key: name for query in IDS.values() for key, name in database.execute(query)}
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        return {table: rows(database, table, names) for table in tables}


def rows(database, table, names):
    cursor = database.execute(f"select * from {table}")
    columns = [column for column, *_ in cursor.description]
    first = 1 if table in DRAWN and columns[0] == "id" else 0
    return sorted(repr([(c, names.get(v, v)) for c, v in zip(columns[first:], row[first:], strict=True)]) for row in cursor)
