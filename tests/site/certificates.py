"""A certificate authority of the twin's own, and what it vouches for; made anew for each twin."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = ("thanhnien.vn", "*.thanhnien.vn", "vietnam.vn", "*.vietnam.vn", "vrviet.vn", "*.vrviet.vn")
_PEM = serialization.Encoding.PEM


def make(folder: Path) -> None:
    """Write `authority.pem`, to be trusted (SSL_CERT_FILE), and with their keys `server.pem` and the three bad ones:
    `bad-authority.pem` (vouched for by nobody), `bad-name.pem`, `bad-time.pem` (ended yesterday)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the offline twin")])
    now = datetime.now(UTC)
    authority = _signed(name, name, key.public_key(), key, (), now + timedelta(days=7), authority=True)
    (folder / "authority.pem").write_bytes(authority.public_bytes(_PEM))
    stranger = ec.generate_private_key(ec.SECP256R1())
    for file, signer, names, until in (
        ("server", key, NAMES, now + timedelta(days=7)),
        ("bad-authority", stranger, NAMES, now + timedelta(days=7)),
        ("bad-name", key, ("example.org",), now + timedelta(days=7)),
        ("bad-time", key, NAMES, now - timedelta(days=1)),
    ):
        own = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = _signed(subject, name, own.public_key(), signer, names, until)
        plain = own.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / f"{file}.pem").write_bytes(certificate.public_bytes(_PEM) + plain)


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...],
    until: datetime,
    *,
    authority: bool = False,
) -> x509.Certificate:
    since = min(until, datetime.now(UTC)) - timedelta(days=2)
    builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number(), since, until)
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())
