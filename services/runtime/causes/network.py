"""Reaching a host, and what its certificate says: looked at without speaking the protocol behind it."""

import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

from services.runtime.causes import Cause

SECONDS: Final = 4.0
"""For each address of a host to take a connection, for the handshake of TLS, and for all that is said after it."""

SOON_DAYS: Final = 21
"""A certificate that ends within so many days is told."""

_REFUSAL_SECONDS: Final = 0.3
_EXPIRED, _NOT_YET = 10, 9
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNEXPECTED_MESSAGE"})
_OTHER_NAME = frozenset({62, 64})


@dataclass(frozen=True)
class Tls:
    """How we show and check certificates; ``ca_setting`` is the variable that names the authority's."""

    ca_file: Path | None
    ca_setting: str
    cert_file: Path | None = None
    key_file: Path | None = None

    def context(self) -> ssl.SSLContext:
        """As the clients themselves make it. Raises OSError and ssl.SSLError for files of no use."""
        context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        if self.cert_file is not None:
            context.load_cert_chain(str(self.cert_file), str(self.key_file) if self.key_file else None)
        return context


class Timed:
    """A connection that has so many ``seconds`` from now on, however often it is asked."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._end = monotonic() + seconds

    def send(self, content: bytes) -> None:
        """Send all of it. Raises OSError, TimeoutError among them."""
        self._limit()
        self._connection.sendall(content)

    def receive(self, most: int) -> bytes:
        """What has come, ``most`` bytes of it; nothing when the other side has ended. Raises as ``send`` does."""
        self._limit()
        return self._connection.recv(most)

    def _limit(self) -> None:
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)


@dataclass(frozen=True)
class Peer:
    """Who answered: until when its certificate is good; None without encryption."""

    until: datetime | None

    @property
    def days(self) -> float | None:
        """Days that the certificate is still good for."""
        return None if self.until is None else (self.until - datetime.now(UTC)).total_seconds() / 86_400


def reach(
    name: str,
    host: str,
    port: int,
    tls: Tls | None,
    *,
    host_setting: str,
    then: Callable[[Timed], Cause | None] = lambda _: None,
) -> Peer | Cause:
    """Connect once; the certificate is checked as the clients do. ``name`` is of what is there.

    ``then`` may speak on the connection, and tell what is wrong after all. SECONDS limits each of: an address that does
    not answer, the handshake of TLS, and all that ``then`` says; finding the addresses is the system's.
    """
    place = f"{name} at {host}:{port}"
    try:
        with socket.create_connection((host, port), timeout=SECONDS) as plain:
            if tls is None:
                return then(Timed(plain, SECONDS)) or Peer(None)
            with tls.context().wrap_socket(plain, server_hostname=host) as secured:
                peer = Peer(_end(secured.getpeercert() or {}))
                _hear_refusal(secured)
                return then(Timed(secured, SECONDS)) or peer
    except ssl.SSLCertVerificationError as error:
        return _distrusted(place, error, tls)
    except ssl.SSLError as error:
        return _refused(place, error, tls)
    except OSError as error:
        return _away(name, host, place, error, host_setting)


def _hear_refusal(secured: ssl.SSLSocket) -> None:
    """Who wants a certificate of ours, or another one, says so only after the handshake. Raises ssl.SSLError."""
    secured.settimeout(_REFUSAL_SECONDS)
    with contextlib.suppress(TimeoutError, ConnectionError):
        secured.recv(1)


def speaks_tls(host: str, port: int) -> bool:
    """Whether a TLS handshake gets anywhere there; nothing is trusted and nothing is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), timeout=SECONDS) as plain, context.wrap_socket(plain):
            return True
    except OSError:
        return False


def own_end(certificate: Path) -> datetime | None:
    """Until when the first certificate in a file is good; None where it cannot be told.

    Python reads the end of a certificate from a connection alone, and ours is not shown to us; its own tests read files
    with the function that is used here.
    """
    decode = getattr(getattr(ssl, "_ssl", None), "_test_decode_cert", None)
    try:
        return _end(decode(str(certificate))) if decode else None
    except (ssl.SSLError, OSError):
        return None


def _end(certificate: object) -> datetime | None:
    text = certificate.get("notAfter") if isinstance(certificate, dict) else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC) if isinstance(text, str) else None


def _away(name: str, host: str, place: str, error: OSError, host_setting: str) -> Cause:
    if isinstance(error, socket.gaierror):
        what, mend = f"the name {host} of {name} is not known here", f"set {host_setting} to a name that is"
    elif isinstance(error, ConnectionRefusedError):
        what, mend = f"{place} refuses connections", f"start it, or set {host_setting} to where it listens"
    elif isinstance(error, TimeoutError):
        what = f"{place} does not answer within {SECONDS:.0f} s"
        mend = f"see whether it runs, whether a network policy lets us through, and whether {host_setting} is right"
    else:
        what = f"{place} cannot be reached ({error.strerror or type(error).__name__})"
        mend = f"see whether it runs, and whether {host_setting} is right"
    return Cause(what, mend, lasting=False)


def _refused(place: str, error: ssl.SSLError, tls: Tls | None) -> Cause:
    if error.reason in _NO_TLS or isinstance(error, ssl.SSLEOFError):
        return Cause(f"{place} does not speak TLS", "name the port that does, or take encryption out of the settings")
    if tls is not None and tls.cert_file is not None:
        mend = f"see whether {tls.cert_file} has expired, and whether the other side trusts who signed it"
    else:
        mend = "it may want a certificate of ours: set the settings of certificate and key, and see its own log"
    return Cause(f"{place} refuses the TLS connection ({error.reason or 'no reason given'})", mend)


def _distrusted(place: str, error: ssl.SSLCertVerificationError, tls: Tls | None) -> Cause:
    setting = tls.ca_setting if tls else ""
    authority = str(tls.ca_file) if tls and tls.ca_file else "not set"
    if error.verify_code == _EXPIRED:
        what = "has expired"
        mend = (
            "renew it there (cert-manager and Strimzi: see why they did not), or, if that is what has expired, the "
            f"authority in {setting} ({authority}); see too whether the clock of this machine is right"
        )
    elif error.verify_code == _NOT_YET:
        what, mend = "is not good yet", "see whether the clocks here and there are right"
    elif error.verify_code in _OTHER_NAME:
        what, mend = "is for another name", "connect by a name that it holds, or have it made for this one too"
    elif error.verify_code in _UNKNOWN_AUTHORITY:
        what = "is signed by nobody whom we trust"
        mend = f"set {setting} to the certificate of who signed it; now it is {authority}"
    else:
        what, mend = f"is not accepted ({error.verify_message})", f"look at {setting}, which is {authority}"
    return Cause(f"the certificate of {place} {what}", mend)
