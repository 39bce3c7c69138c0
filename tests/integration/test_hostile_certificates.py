from __future__ import annotations

import ssl
import threading
from datetime import UTC, datetime, timedelta
from socketserver import BaseRequestHandler, TCPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from digest.fetching import Fetcher, UnreachableError
from digest.testing.hostile_server import HostileServer

NOW = datetime.now(UTC)


def named(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Signs certificates for tests."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self.sign(named("Test authority"), self.key.public_key(), x509.BasicConstraints(True, None))

    def sign(self, name, key, *extensions, days=1):
        begin = NOW - timedelta(days=10)
        builder = x509.CertificateBuilder(
            issuer_name=named("Test authority"),
            subject_name=name,
            public_key=key,
            serial_number=x509.random_serial_number(),
            not_valid_before=begin,
            not_valid_after=NOW + timedelta(days=days),
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self.key, hashes.SHA256())

    def trusted(self):
        """Return the TLS context of a client that trusts this authority."""
        pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        context = ssl.create_default_context(cadata=pem)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # newer versions of Python require key identifiers
        return context


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture
def serve(authority, tmp_path):
    """Opens a TLS server with a certificate. It records the host names of clients in ``sni_names``."""
    opened = []

    def open_one(host="feeds.example", *, signed_by=authority, days=1):
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        certificate = signed_by.sign(named(host), key.public_key(), names, days=days)
        file = tmp_path / "server.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        server = HostileServer(ssl_context=context)
        server.sni_names = []
        context.sni_callback = lambda _socket, name, _context: server.sni_names.append(name)
        opened.append(server.__enter__())
        return server

    yield open_one
    for server in opened:
        server.__exit__()


@pytest.fixture
def get(authority):
    """Fetches a path of a server under the name feeds.example."""

    def get_one(server, path, *, ssl_context=None):
        port = server.host.rpartition(":")[2]
        with Fetcher(
            user_agent="digest/1",
            cache=None,
            allow_hosts=["feeds.example"],
            now=lambda: datetime.now(UTC),
            deadline=20.0,
            resolve=lambda *_: ("127.0.0.1",),
            ssl_context=ssl_context,
        ) as fetcher:
            return fetcher.get(f"https://feeds.example:{port}{path}")

    return get_one


def test_verifies_the_host_name_although_it_connects_to_an_address(serve, get, authority):
    server = serve()
    response = get(server, "/chain-2", ssl_context=authority.trusted())
    assert b"At the end of the chain" in response.content
    assert set(server.sni_names) == {"feeds.example"}
    port = server.host.rpartition(":")[2]
    assert {request.headers["host"] for request in server.requests} == {f"feeds.example:{port}"}


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        ({"days": -1}, "certificate has expired"),
        ({"host": "other.example"}, "certificate is not valid for 'feeds.example'"),
        ({"signed_by": Authority()}, "certificate signature failure|unable to get local issuer"),
    ],
)
def test_refuses_an_invalid_certificate_with_the_reason(serve, get, authority, certificate, reason):
    server = serve(**certificate)
    with pytest.raises(UnreachableError, match=f"cannot be trusted: .*({reason})"):
        get(server, "/chain-0", ssl_context=authority.trusted())
    assert server.requests == []


def test_refuses_a_certificate_of_an_unknown_authority(serve, get):
    server = serve()
    with pytest.raises(UnreachableError, match=r"cannot be trusted: .*issuer"):
        get(server, "/chain-0")
    assert server.requests == []


def test_refuses_a_server_that_does_not_speak_tls(get):
    class Plain(BaseRequestHandler):
        def handle(self):
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with TCPServer(("127.0.0.1", 0), Plain) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        server.host = f"127.0.0.1:{server.server_address[1]}"
        with pytest.raises(UnreachableError, match="the secure connection failed"):
            get(server, "/")
