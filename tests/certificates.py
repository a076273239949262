"""Certificates for tests, made by openssl: an authority of our own, and what it signs."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

_KEY: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    """Signs certificates for 127.0.0.1 and localhost; everything is kept in ``folder`` as PEM."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self.certificate, self._key = folder / f"{name}.pem", folder / f"{name}.key"
        _openssl(
            "req", "-x509", *_KEY, "-days", "30", "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.certificate
        )

    def issued(
        self, name: str, until: timedelta = timedelta(days=30), hosts: str = "DNS:localhost,IP:127.0.0.1"
    ) -> tuple[Path, Path]:
        """A certificate and its key; ``until`` is its end from now on, in the past for one that has expired."""
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={hosts}\n")
        _openssl("req", "-new", *_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        end = datetime.now(UTC) + until
        beginning = min(datetime.now(UTC), end) - timedelta(days=60)
        database, serial = self._folder / f"{name}.index", self._folder / f"{name}.serial"
        database.write_text("")
        serial.write_text("01\n")
        settings = self._folder / f"{name}.cnf"
        settings.write_text(
            "[ca]\ndefault_ca=own\n[own]\npolicy=any\ndefault_md=sha256\nunique_subject=no\n"
            f"database={database}\nserial={serial}\nnew_certs_dir={self._folder}\n[any]\ncommonName=supplied\n"
        )
        _openssl(
            *("ca", "-batch", "-notext", "-config", settings, "-cert", self.certificate, "-keyfile", self._key),
            *("-startdate", f"{beginning:%Y%m%d%H%M%SZ}", "-enddate", f"{end:%Y%m%d%H%M%SZ}"),
            *("-extfile", extensions, "-in", request, "-out", certificate),
        )
        return certificate, key

    def issued_with_key(self, name: str, until: timedelta = timedelta(days=30)) -> Path:
        """The same in one file: the key, then the certificate."""
        certificate, key = self.issued(name, until)
        both = self._folder / f"{name}-with-key.pem"
        both.write_text(key.read_text() + certificate.read_text())
        return both


def _openssl(*words: str | Path) -> None:
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
