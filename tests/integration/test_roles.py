"""The roles of the migrations, given to the real engine: each reaches what it needs, and the metrics API no ballot."""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from sandbox.stack.secret_files import GRANTS, Role
from sandbox.store.users import Access
from services.ingest.backing_up.tables import KEPT, LEFT_OUT
from services.ingest.migrating.cluster import render
from services.ingest.migrating.plan import packaged

ROLES = tuple(migration for migration in packaged() if migration.needs_access_management)
STATEMENTS = tuple(statement for migration in ROLES for statement in migration.statements)
_GRANT = re.compile(r"^GRANT (?P<what>.+) ON (?P<on>pulse_\w+\.[\w*]+) TO (?P<role>\w+)$")
_NAMES = {
    Role.INGEST: "pulse_ingest",
    Role.IMPORT: "pulse_import",
    Role.RELEASE: "pulse_releasing",
    Role.METRICS: "pulse_metrics",
    Role.RETENTION: "pulse_retention",
    Role.DEAD_LETTERS: "pulse_dead_letters",
    Role.BACKUP: "pulse_backup",
}
_SCRIPT = """
import sys, chdb
folder, statements = sys.argv[1], sys.stdin.read().split("\\n")
connection = chdb.connect(f"{folder}/data?config-file={folder}/config.xml")
for statement in statements:
    try:
        connection.query(statement)
    except Exception as error:
        print("denied" if "ACCESS_DENIED" in str(error) else f"failed: {error}".replace("\\n", " "))
    else:
        print("done")
"""


def grants() -> Mapping[str, list[tuple[str, str]]]:
    """Role -> privileges and what on."""
    found = defaultdict(list)
    for statement in STATEMENTS:
        if match := _GRANT.match(statement):
            found[match["role"]].append((match["what"], match["on"]))
    return found


class Engine:
    """The engine in processes of its own on one folder: users come from a file, as an operator may have it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "config.xml").write_text(
            f"<clickhouse><users_config>{folder}/users.xml</users_config></clickhouse>", encoding="utf-8"
        )

    def run(self, statements: list[str]) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT, str(self._folder)],
            input="\n".join(statements),
            capture_output=True,
            text=True,
            check=True,
            timeout=280,
        )
        return done.stdout.splitlines()

    def let_in(self, roles: Mapping[str, list[tuple[str, str]]]) -> None:
        """The one user has these roles and nothing else; without any, everything."""
        root = Xml.Element("clickhouse")
        for part in ("profiles", "quotas"):
            Xml.SubElement(Xml.SubElement(root, part), "default")
        made = Xml.SubElement(root, "roles")
        for role, granted in roles.items():
            queries = Xml.SubElement(Xml.SubElement(made, role), "grants")
            for what, on in granted:
                Xml.SubElement(queries, "query").text = f"GRANT {what} ON {on}"
        user = Xml.SubElement(Xml.SubElement(root, "users"), "default")
        Xml.SubElement(user, "password")
        Xml.SubElement(Xml.SubElement(user, "networks"), "ip").text = "::/0"
        Xml.SubElement(user, "profile").text = "default"
        Xml.SubElement(user, "quota").text = "default"
        if roles:
            query = Xml.SubElement(Xml.SubElement(user, "grants"), "query")
            query.text = "GRANT " + ", ".join(roles)
        (self._folder / "users.xml").write_bytes(Xml.tostring(root))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    found = Engine(tmp_path_factory.mktemp("roles"))
    found.let_in({})
    tables = [
        statement
        for migration in packaged()
        if not migration.needs_access_management
        for statement in migration.statements
    ]
    assert set(found.run([" ".join(table.split()) for table in tables])) == {"done"}
    found.let_in(grants())
    return found


ANSWER = "INSERT INTO pulse_ballots.answers VALUES ('w', '" + "0" * 32 + "', 'n', 'A1', 3, 1)"
ASKED: list[tuple[str, str, str]] = [
    ("pulse_metrics", "SELECT count() FROM pulse_release.releases", "done"),
    ("pulse_metrics", "SELECT count() FROM pulse_facts.waves", "done"),
    ("pulse_metrics", "SELECT * FROM pulse_ballots.answers", "denied"),
    ("pulse_metrics", "SELECT * FROM pulse_ballots.closed_answers", "denied"),
    ("pulse_metrics", "SELECT * FROM pulse_ballots.class_sums", "denied"),
    ("pulse_metrics", "SELECT * FROM pulse_ballots.comments", "denied"),
    (
        "pulse_metrics",
        "SELECT wave_id FROM pulse_facts.waves WHERE wave_id IN (SELECT wave_id FROM pulse_ballots.answers)",
        "denied",
    ),
    ("pulse_metrics", "INSERT INTO pulse_release.releases (wave_id) VALUES ('w')", "denied"),
    ("pulse_metrics", "DROP TABLE pulse_release.releases", "denied"),
    ("pulse_ingest", ANSWER, "done"),
    ("pulse_ingest", "SELECT * FROM pulse_ballots.answers", "denied"),
    ("pulse_ingest", "SELECT * FROM pulse_ballots.invited", "done"),
    ("pulse_import", ANSWER, "denied"),
    ("pulse_import", "SELECT * FROM pulse_ballots.answers", "done"),
    ("pulse_releasing", "SELECT count() FROM pulse_ballots.answers", "done"),
    ("pulse_releasing", "ALTER TABLE pulse_ballots.answers DROP PARTITION 'w'", "done"),
    ("pulse_releasing", "ALTER TABLE pulse_facts.waves DELETE WHERE 1", "denied"),
    ("pulse_releasing", "INSERT INTO pulse_release.comment_releases (wave_id) VALUES ('w')", "done"),
    ("pulse_retention", "ALTER TABLE pulse_ballots.closed_answers DROP PARTITION 'w'", "done"),
    ("pulse_retention", "INSERT INTO pulse_release.releases (wave_id) VALUES ('w')", "denied"),
    ("pulse_dead_letters", "SELECT * FROM pulse_ballots.dead_letters", "done"),
    ("pulse_dead_letters", "SELECT * FROM pulse_ballots.answers", "denied"),
    ("pulse_dead_letters", "SELECT * FROM pulse_ballots.comments", "denied"),
    ("pulse_dead_letters", "INSERT INTO pulse_ballots.dead_letters (topic) VALUES ('t')", "denied"),
    *(("pulse_backup", f"SELECT * FROM {table.full_name}", "done") for table in KEPT),
    *(("pulse_backup", f"SELECT * FROM {table}", "denied") for table in LEFT_OUT if table.startswith("pulse_ballots")),
    ("pulse_backup", "INSERT INTO pulse_release.releases (wave_id) VALUES ('w')", "denied"),
    ("pulse_backup", "ALTER TABLE pulse_release.releases DELETE WHERE 1", "denied"),
]


def test_each_role_reaches_what_it_needs_and_the_metrics_api_no_ballot(engine: Engine) -> None:
    statements = [line for role, statement, _ in ASKED for line in (f"SET ROLE {role}", statement)]
    answered = engine.run(statements)
    assert answered[::2] == ["done"] * len(ASKED), "every role can be taken"
    assert list(zip(ASKED, answered[1::2], strict=True)) == [(asked, asked[2]) for asked in ASKED]


def test_the_roles_are_those_of_the_sandbox() -> None:
    """The database that a role may read or write is the same in both, so that what runs here runs there."""
    writing = {Access.INSERT, Access.APPEND, Access.WRITE}
    reading = {Access.READ, Access.APPEND, Access.WRITE}
    for role, name in _NAMES.items():
        granted = {on.removesuffix(".*"): what for what, on in grants()[name]}
        assert {d for d, what in granted.items() if "INSERT" in what} == {
            d for d, access in GRANTS[role].items() if access in writing
        }, role
        assert {d for d, what in granted.items() if "SELECT" in what} == {
            d for d, access in GRANTS[role].items() if access in reading
        }, role


def test_nobody_can_log_in_until_an_operator_says_how() -> None:
    users = [statement for statement in STATEMENTS if statement.startswith("CREATE USER")]
    assert len(users) == len(_NAMES)
    assert all("HOST NONE" in user for user in users)


def test_on_a_cluster_every_node_knows_them() -> None:
    for statement in STATEMENTS:
        found = render(statement, "main")
        assert found.count("ON CLUSTER 'main'") == 1
        assert found.startswith(("CREATE ROLE", "CREATE USER", "GRANT ON CLUSTER 'main' "))
