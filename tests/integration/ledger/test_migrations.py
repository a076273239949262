"""The ledger's tables, on both databases: as the models say, from any earlier ledger, whoever starts first."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from services.pulse_bot.ledger import migrating
from services.pulse_bot.ledger.engine import open_engine
from services.pulse_bot.ledger.models import Base
from services.runtime.settings import SettingsFault

SCRIPTS = Path("services/pulse_bot/ledger/migrations")


def differences(address: str) -> list[object]:
    """What a migration would still have to do."""
    engine = open_engine(address)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)
    engine.dispose()
    return list(found)


def before_revisions(address: str) -> None:
    """A ledger of the time of ``create_all``, with a campaign in it."""
    url = make_url(address)
    engine = create_engine(url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(
            text("INSERT INTO campaign (id, document, digest, planned_on) VALUES ('old', '{}', 'd', '2026-01-05')")
        )
    engine.dispose()


def test_a_new_ledger_has_exactly_the_tables_of_the_models(address: str) -> None:
    assert differences(address) == []


def test_a_ledger_from_before_there_were_revisions_is_taken_on_and_keeps_its_rows(address: str) -> None:
    before_revisions(address)
    assert differences(address) == []
    engine = open_engine(address)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id FROM campaign")).scalars().all() == ["old"]
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == migrating.newest()
    engine.dispose()


def test_of_many_that_start_at_once_one_changes_the_tables_and_all_can_work(address: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        engines = list(pool.map(open_engine, [address] * 6))
    for engine in engines:
        with engine.connect() as connection:
            assert inspect(connection).has_table("wave")
        engine.dispose()


def test_a_ledger_of_a_newer_program_is_refused_with_a_clear_word(address: str) -> None:
    engine = open_engine(address)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(SettingsFault, match="revision 9999"):
        open_engine(address)


def test_the_revisions_are_one_line_and_carry_the_numbers_of_their_files() -> None:
    script = ScriptDirectory(str(SCRIPTS))
    line = [revision.revision for revision in script.walk_revisions()]
    assert line == [f"{number:04}" for number in range(len(line), 0, -1)]
    names = {path.name for path in (SCRIPTS / "versions").glob("r*.py")}
    assert {re.match(r"r(\d{4})_", name)[1] for name in names} == set(line)  # type: ignore[index]
    assert migrating.newest() == line[0]


def test_a_database_that_is_neither_of_the_two_is_refused() -> None:
    with pytest.raises(SettingsFault, match="neither sqlite nor postgresql"):
        open_engine("mysql://somewhere/ledger")
