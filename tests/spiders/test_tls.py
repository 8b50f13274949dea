"""https: redirects to it are followed, and a certificate that nobody vouches for is refused."""

import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).parents[2]
HOST = "thanhnien.vn"
PATH = "/tin-moi-185250117194334368.htm"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a certificate of the publisher's host, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "certificate.pem"
    file.write_bytes(signed.public_bytes(pem) + plain)
    return file


@pytest.fixture
def proxy(certificate: Path) -> Iterator[str]:
    """The publisher's web, which sends http to https."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self) -> None:
            self.send_response_only(200)
            self.end_headers()
            try:
                self.connection = context.wrap_socket(self.connection, server_side=True)
            except ssl.SSLError:
                # The spider refused the certificate.
                self.close_connection = True
                return
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", buffering=0)
            self.close_connection = False

        def do_GET(self) -> None:
            secure = isinstance(self.connection, ssl.SSLSocket)
            found = secure and self.path == PATH
            self.send_response_only(200 if found else 404 if secure else 301)
            self.send_header("Location", f"https://{HOST}{self.path.removeprefix(f'http://{HOST}')}")
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"text")

        def finish(self) -> None:
            super().finish()
            self.connection.close()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def crawl(proxy: str, recorded: Path, **trust: str) -> tuple[int, list[dict[str, Any]]]:
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= {
        "http_proxy": proxy,
        "https_proxy": proxy,
        "DONGTIN_CONTACT": "https://example.org",
        "DONGTIN_STATE_DIR": str(recorded.parent / "state"),
        "RECORDED": str(recorded),
        "PYTHONPATH": str(Path(__file__).parent),
    }
    command = [sys.executable, "-m", "scrapy", "crawl", "thanhnien", "-a", f"url=http://{HOST}{PATH}"]
    for setting in ("PAGES_SINK=test_crawl.RecordingSink", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False"):
        command += ["-s", setting]
    done = subprocess.run(command, cwd=ROOT, env=environment | trust, capture_output=True, text=True, timeout=120)
    return done.returncode, [json.loads(line) for line in done.stderr.splitlines()]


def test_http_leads_to_https_of_the_same_article(proxy: str, certificate: Path, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.jsonl"
    code, _ = crawl(proxy, recorded, SSL_CERT_FILE=str(certificate))
    assert code == 0
    (record,) = map(json.loads, recorded.read_text(encoding="utf-8").splitlines())
    headers = dict(record["headers"])
    assert (headers["ce_requestedurl"], headers["ce_finalurl"]) == (f"http://{HOST}{PATH}", f"https://{HOST}{PATH}")
    assert headers["ce_status"] == "200"


def test_an_unknown_certificate_is_refused(proxy: str, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.jsonl"
    code, lines = crawl(proxy, recorded)
    assert code == 1
    assert not recorded.exists()
    (why,) = [line["why"] for line in lines if line["event"] == "address"]
    assert "certificate verify failed" in why
