"""What `draagvlak doctor` looks at for the bot: Kafka, Slack, the ledger, the campaign, and those whom it asks."""

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from services.contracts.faults import FileFaults
from services.contracts.files import load_campaign, load_items
from services.contracts.topics import TopicName
from services.pulse_bot.answers.rights import WRITES
from services.pulse_bot.ledger import migrating
from services.pulse_bot.ledger.address import checked
from services.pulse_bot.locales import faults, known, languages
from services.pulse_bot.manifest import Mode, scopes
from services.pulse_bot.settings import ServingSettings
from services.runtime.doctor.clocks import by_header, compared
from services.runtime.doctor.files import private
from services.runtime.doctor.findings import Check, Finding, note, right, wrong
from services.runtime.doctor.http import Interface, interface_check
from services.runtime.doctor.kafka import READ, Account, kafka_check
from services.runtime.settings import read_secret
from services.runtime.tokens import Scope

_SECONDS: Final = 8.0
_ACCOUNT: Final = Account(
    needs={**WRITES, TopicName.ANNOUNCEMENTS: (*WRITES[TopicName.ANNOUNCEMENTS], READ)},
    must_not={TopicName.ANSWERS: (READ,), TopicName.COMMENTS: (READ,)},
)
_REINSTALL: Final = (
    "print the manifest (`draagvlak slack manifest`), paste it at api.slack.com/apps under App Manifest, and install "
    "the app again: a token has the scopes of the day on which it was made"
)


def pulse_bot(settings: ServingSettings) -> tuple[Check, ...]:
    """Of the bot."""
    checks = [
        kafka_check(settings, _ACCOUNT),
        Check("Slack", lambda: _slack(settings)),
        Check("ledger", lambda: _ledger(settings)),
        Check("campaign", lambda: _campaign(settings)),
        Check("languages", _languages),
    ]
    if settings.metrics_url is not None:
        url, token = settings.metrics_url, settings.metrics_token_file
        api = Interface("metrics API", "metrics_url", url, "/v1/variables/waves", token, Scope.METRICS_READ)
        checks.append(interface_check(api))
    if settings.review_url is not None:
        url, token = settings.review_url, settings.review_token_file
        api = Interface("review of comments", "review_url", url, "/v1/comments", token, Scope.COMMENTS_REVIEW)
        checks.append(interface_check(api))
    return tuple(checks)


def _slack(settings: ServingSettings) -> Iterable[Finding]:
    token = read_secret(settings.slack_bot_token_file, "slack_bot_token_file").get_secret_value()
    answered = yield from _asked(settings, "auth.test", token)
    if answered is None:
        return
    if answered["body"].get("ok"):
        yield right("Slack", f"the token is known, in the workspace of {settings.slack_api_url}")
        yield from _scopes(answered["scopes"])
    else:
        yield _refused(settings, answered["body"], "DRAAGVLAK_SLACK_BOT_TOKEN_FILE", settings.slack_bot_token_file)
    if settings.slack_mode is Mode.SOCKET:
        yield from _socket(settings)


def _socket(settings: ServingSettings) -> Iterable[Finding]:
    """Slack gives the address of a connection; none is opened."""
    token = read_secret(settings.slack_app_token_file, "slack_app_token_file").get_secret_value()
    answered = yield from _asked(settings, "apps.connections.open", token)
    if answered is None:
        return
    if answered["body"].get("ok"):
        yield right("Slack, Socket Mode", "the app-level token is known and may open a connection")
    else:
        yield _refused(settings, answered["body"], "DRAAGVLAK_SLACK_APP_TOKEN_FILE", settings.slack_app_token_file)


def _asked(settings: ServingSettings, method: str, token: str) -> Any:
    """Findings on the way, then ``body`` and ``scopes``; None where Slack does not answer."""
    asked = datetime.now(UTC)
    try:
        answer = httpx.post(
            f"{settings.slack_api_url.rstrip('/')}/{method}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_SECONDS,
        )
        body = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        yield wrong(
            "Slack",
            f"{settings.slack_api_url} does not answer as Slack does ({type(error).__name__})",
            "let a network policy and a proxy (HTTPS_PROXY) pass us to port 443 of slack.com, or mend "
            "DRAAGVLAK_SLACK_API_URL",
        )
        return None
    if clock := by_header("Slack", answer.headers.get("Date"), asked, datetime.now(UTC)):
        yield clock
    if answer.status_code == 429:
        yield note("Slack", "it wants to be left alone for a while (429)", "run the doctor again in a minute")
        return None
    granted = {scope.strip() for scope in answer.headers.get("X-OAuth-Scopes", "").split(",") if scope.strip()}
    return {"body": body if isinstance(body, dict) else {}, "scopes": granted}


def _refused(settings: ServingSettings, body: dict[str, Any], setting: str, path: Path | None) -> Finding:
    code = str(body.get("error", "no reason"))[:60]
    return wrong(
        "Slack",
        f"{settings.slack_api_url} refuses the token in {path}: {code}",
        f"put the token of the installed app into {path} ({setting}): api.slack.com/apps, OAuth & Permissions for "
        "xoxb-…, Basic Information for xapp-… (scope connections:write)",
    )


def _scopes(granted: set[str]) -> Iterable[Finding]:
    if not granted:
        yield note("Slack, scopes", "Slack does not tell the scopes of this token")
        return
    lacking = sorted(set(scopes()) - granted)
    if lacking:
        yield wrong("Slack, scopes", f"the token lacks {', '.join(lacking)}", _REINSTALL)
    else:
        yield right("Slack, scopes", f"the token has the {len(scopes())} that the bot needs")
    if more := sorted(granted - set(scopes())):
        yield note("Slack, scopes", f"the token has more than the bot needs: {', '.join(more)}", _REINSTALL)


def _ledger(settings: ServingSettings) -> Iterable[Finding]:
    """Looked at without changing it: the bot itself would bring it up to date."""
    url, where = checked(settings.ledger_address), settings.shown_ledger_address
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        if not path.exists():
            yield note("ledger", f"there is none yet at {path}", "start the bot once: it makes it")
            return
        for one in (path, Path(f"{path}-wal"), Path(f"{path}-shm"), settings.ledger_folder / "keys"):
            if found := private("ledger", one):
                yield found
        url = url.set(database=f"file:{path.absolute()}", query={"mode": "ro", "uri": "true"})
    engine = create_engine(url, hide_parameters=True, connect_args=_patience(url.get_backend_name()))
    try:
        with closing(engine.connect()) as connection:
            yield from _revision(connection, where)
            if connection.dialect.name == "postgresql":
                asked = datetime.now(UTC)
                theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
                yield compared("PostgreSQL", theirs, asked, datetime.now(UTC))
    except OperationalError:
        yield wrong(
            "ledger",
            f"{where} does not let us in, or does not answer",
            "start it, or mend DRAAGVLAK_LEDGER_URL and the password in "
            f"{settings.ledger_password_file or 'DRAAGVLAK_LEDGER_PASSWORD_FILE'}",
        )
    except SQLAlchemyError as error:
        yield wrong("ledger", f"{where} is no ledger ({type(error).__name__})", "mend DRAAGVLAK_LEDGER_URL")
    finally:
        engine.dispose()


def _patience(backend: str) -> dict[str, Any]:
    return {"connect_timeout": int(_SECONDS)} if backend == "postgresql" else {"timeout": _SECONDS}


def _revision(connection: Connection, where: str) -> Iterable[Finding]:
    found, newest = migrating.revision(connection), migrating.newest()
    if found == newest:
        yield right("ledger", f"{where} is of revision {found}, the newest that this software knows")
    elif found is None or found < newest:
        yield note(
            "ledger",
            f"{where} is of revision {found or 'none'}, and this software knows {newest}",
            "start the bot: it brings the ledger up to date before anything else",
        )
    else:
        yield wrong(
            "ledger",
            f"{where} is of revision {found}, and this software knows those up to {newest}",
            "install the version that made it, or a later one",
        )


def _languages() -> Iterable[Finding]:
    for fault in faults():
        mend = f"docs/languages.md; `draagvlak slack catalogue {fault.code}` prints it with every text"
        yield (wrong if fault.unusable else note)("languages", f"{fault.code}: {fault.said}", mend)
    yield right("languages", f"people can choose {', '.join(languages())}")


def _campaign(settings: ServingSettings) -> Iterable[Finding]:
    if settings.campaign_file is None:
        yield note(
            "campaign",
            "no file of a campaign is named; there is the one that champions set up in Slack",
            "draagvlak waves plan --campaign FILE, or /pulse admin in Slack",
        )
        return
    try:
        campaign = load_campaign(settings.campaign_file, load_items(settings.items_file))
    except FileFaults as faults:
        yield wrong(
            "campaign",
            f"{settings.campaign_file} has {len(faults.faults)} faults",
            f"`draagvlak waves plan --campaign {settings.campaign_file}` names each of them",
        )
    else:
        yield right("campaign", f"{settings.campaign_file} can be read: {campaign.id}")
        if known(campaign.language) is None:
            yield note(
                "campaign",
                f"its posts in channels are in English: there is no catalogue of {campaign.language}",
                "docs/languages.md, or another `language` in the campaign",
            )
