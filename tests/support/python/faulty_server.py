# SPDX-License-Identifier: MIT
"""A server of files that misbehaves on request: what networks, portals, proxies and mirrors do to a download."""

import http.server
import socket
import struct
import threading
import time
from pathlib import Path

PORTAL = b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>Please log in.</body></html>\n"
# Longer than a stalled transfer is waited for.
STALL = 40
# An answer without end is ended here: nobody who obeys limits takes so much.
ENDLESS = 64 << 20


class Answer:
    """One answer to one request; faults are its methods."""

    def __init__(self, handler, content):
        self.handler, self.content = handler, content

    def head(self, status=200, length=None, **fields):
        self.handler.send_response(status)
        if length is not None:
            self.handler.send_header("Content-Length", str(length))
        for name, value in fields.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()

    def body(self, content):
        self.handler.wfile.write(content)

    def whole(self, content, status=200, **fields):
        self.head(status, len(content), **fields)
        self.body(content)

    def break_connection(self):
        """A reset instead of an orderly end."""
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.handler.connection.close()

    # The faults.

    def closed_at_once(self):
        self.handler.connection.shutdown(socket.SHUT_RDWR)

    def reset_at_once(self):
        self.break_connection()

    def reset_in_the_middle(self):
        self.head(length=len(self.content))
        self.body(self.content[:len(self.content) // 2])
        self.handler.wfile.flush()
        self.break_connection()

    def shorter_than_said(self):
        self.head(length=len(self.content))
        self.body(self.content[:len(self.content) // 2])

    def shorter_without_a_word(self):
        self.head()
        self.body(self.content[:len(self.content) // 2])

    def empty(self):
        self.whole(b"")

    def longer(self):
        self.whole(self.content + b"x")

    def without_end(self):
        self.head()
        for _ in range(ENDLESS >> 16):
            self.body(bytes(1 << 16))

    def changed(self):
        middle = len(self.content) // 2
        self.whole(self.content[:middle] + bytes([self.content[middle] ^ 1]) + self.content[middle + 1:])

    def zeros(self):
        self.whole(bytes(len(self.content)))

    def portal(self):
        self.whole(PORTAL, Content_Type="text/html")

    def portal_elsewhere(self):
        self.head(302, 0, Location=f"http://127.0.0.1:{self.handler.server.server_port}/portal.html")

    def redirected_to_a_file(self):
        self.head(302, 0, Location="file:///etc/passwd")

    def redirected_in_a_circle(self):
        self.head(302, 0, Location=self.handler.path)

    def status_403(self):
        self.whole(b"no", 403)

    def status_404(self):
        self.whole(b"no", 404)

    def status_429(self):
        self.whole(b"slowly", 429, Retry_After="2")

    def status_500(self):
        self.whole(b"broken", 500)

    def status_502(self):
        self.whole(PORTAL, 502, Content_Type="text/html")

    def status_503(self):
        self.whole(b"later", 503, Retry_After="1")

    def unauthorized(self):
        self.whole(b"who?", 401, WWW_Authenticate="Basic")

    def noise(self):
        self.body(bytes(range(256)) * 16)

    def header_without_end(self):
        self.body(b"HTTP/1.1 200 OK\r\n")
        for number in range(4096):
            self.body(b"X-%d: %s\r\n" % (number, b"y" * 1000))

    def said_to_be_compressed(self):
        self.whole(self.content, Content_Encoding="gzip")

    def another_range(self):
        self.head(206, len(self.content), Content_Range=f"bytes 7-{len(self.content) + 6}/{len(self.content) + 7}")
        self.body(self.content)

    def silent(self):
        time.sleep(STALL)

    def silent_in_the_middle(self):
        self.head(length=len(self.content))
        self.body(self.content[:len(self.content) // 2])
        self.handler.wfile.flush()
        time.sleep(STALL)


FAULTS = [name for name, value in vars(Answer).items()
          if callable(value) and not name.startswith("_") and name not in ("head", "body", "whole", "break_connection")]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            self.answer()
        except OSError:
            pass  # The other side has had enough, which is what it should.
        self.close_connection = True

    def answer(self):
        place = self.path.split("?")[0].lstrip("/")
        if place == "portal.html":
            Answer(self, b"").portal()
            return
        path = self.server.directory / place
        content = path.read_bytes() if path.is_file() else None
        if content is None:
            Answer(self, b"").status_404()
            return
        begin = self.headers.get("Range", "")
        if self.server.is_at_fault(place):
            getattr(Answer(self, content), self.server.fault)()
        elif begin.startswith("bytes=") and begin.endswith("-") and begin[6:-1].isdigit() and int(begin[6:-1]) < len(content):
            first = int(begin[6:-1])
            Answer(self, content).whole(content[first:], 206, Content_Range=f"bytes {first}-{len(content) - 1}/{len(content)}")
        else:
            Answer(self, content).whole(content)

    def log_message(self, *arguments):
        pass


class FaultyServer(http.server.ThreadingHTTPServer):
    """Serves a directory; files whose name contains `target` get the fault, the first `times` times that they are asked for."""
    daemon_threads = True

    def __init__(self, directory, fault, target, times):
        super().__init__(("127.0.0.1", 0), Handler)
        self.directory, self.fault, self.target, self.left = Path(directory), fault, target, times
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}/"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def is_at_fault(self, place):
        with self.lock:
            if self.target not in place or self.left == 0:
                return False
            self.left -= 1
            return True

    def handle_error(self, request, client_address):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.shutdown()
        self.server_close()
