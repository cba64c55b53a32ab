# SPDX-License-Identifier: MIT
"""A web server that may want a login or speak TLS, a forward proxy that may want one too, and authorities for certificates."""

import base64
import http.server
import select
import socket
import ssl
import subprocess
import threading
import urllib.parse
from pathlib import Path


class Place(http.server.ThreadingHTTPServer):
    """What both have: a port, a login, and a record of who asked for what."""
    daemon_threads = True

    def __init__(self, handler, login=None):
        super().__init__(("127.0.0.1", 0), handler)
        self.login, self.asked = login, []
        self.lock = threading.Lock()

    def is_known(self, header):
        wanted = None if self.login is None else "Basic " + base64.b64encode(self.login.encode()).decode()
        return wanted is None or header == wanted

    def note(self, what):
        with self.lock:
            self.asked.append(what)

    def handle_error(self, request, client_address):
        pass  # whoever does not trust a certificate hangs up

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *details):
        self.shutdown()
        self.server_close()


class Quiet(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def answer(self, status, content=b"", **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class WebHandler(Quiet):
    def do_GET(self):
        path = self.server.directory / urllib.parse.unquote(self.path.split("?")[0]).lstrip("/")
        self.server.note(self.path)
        if not self.server.is_known(self.headers.get("Authorization")):
            self.answer(401, b"who?", WWW_Authenticate='Basic realm="packages"')
        elif path.is_file():
            self.answer(200, path.read_bytes())
        else:
            self.answer(404, b"no")


class Web(Place):
    """Files of a directory; over TLS where a certificate with its key is given."""

    def __init__(self, directory, login=None, certificate=None):
        super().__init__(WebHandler, login)
        self.directory = Path(directory)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)


class ProxyHandler(Quiet):
    def is_welcome(self):
        self.server.note(self.path)
        if self.server.is_known(self.headers.get("Proxy-Authorization")):
            return True
        self.answer(407, b"who?", Proxy_Authenticate='Basic realm="proxy"')
        return False

    def reach(self, netloc):
        host, _, port = netloc.partition(":")
        return socket.create_connection(self.server.places.get(host, (host, int(port or 80))), timeout=20)

    def do_GET(self):
        if not self.is_welcome():
            return
        url = urllib.parse.urlsplit(self.path)
        with self.reach(url.netloc) as there:
            lines = [f"GET {url.path} HTTP/1.0", f"Host: {url.netloc}"]
            lines += [f"{name}: {value}" for name, value in self.headers.items() if name.lower() in ("authorization", "range")]
            there.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            while piece := there.recv(1 << 16):
                self.wfile.write(piece)
        self.close_connection = True

    def do_CONNECT(self):
        if not self.is_welcome():
            return
        with self.reach(self.path) as there:
            self.send_response(200)
            self.end_headers()
            here = self.request
            while ready := select.select([here, there], [], [], 20)[0]:
                for end in ready:
                    piece = end.recv(1 << 16)
                    if not piece:
                        self.close_connection = True
                        return
                    (there if end is here else here).sendall(piece)


class Proxy(Place):
    """Knows names that nobody else knows: `places` says where they lead."""

    def __init__(self, places, login=None):
        super().__init__(ProxyHandler, login)
        self.places = places


def make_authority(directory, name="Team"):
    """An authority of one's own: its certificate, for whoever shall trust it."""
    key, certificate = directory / f"{name}.key", directory / f"{name}.crt"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", key, "-out", certificate)
    return certificate


def make_certificate(authority, host):
    """For a server of that name, with its key in the same file."""
    directory = authority.parent
    key, request, certificate = (directory / f"{host}.{ending}" for ending in ("key", "csr", "crt"))
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", key, "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", authority, "-CAkey", authority.with_suffix(".key"), "-CAcreateserial", "-days", "2",
            "-copy_extensions", "copy", "-out", certificate)
    both = directory / f"{host}.pem"
    both.write_text(certificate.read_text() + key.read_text())
    return both


def openssl(*arguments):
    made = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    if made.returncode != 0:
        raise AssertionError(made.stderr)
