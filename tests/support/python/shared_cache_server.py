# SPDX-License-Identifier: MIT
"""A shared cache as a plain WebDAV server is one: it stores and gives whatever it is told, and misbehaves on request."""

import base64
import http.server
import threading
import time


class SharedCacheServer:
    """`content` is path → bytes, `requests` is (method, path, bytes of the body). `fault` is asked about each request first:
    fault(handler, method, path) does all of the answer and gives True, or leaves it."""

    def __init__(self, login=None):
        self.content, self.requests, self.fault, self.login = {}, [], None, login
        self.given, self.lock, self.is_over = 0, threading.Lock(), threading.Event()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body=b"", length=None, **fields):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                for name, value in fields.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def hang(self):
                owner.is_over.wait(60)
                self.close_connection = True

            def do_GET(self):
                if owner.note(self, "GET"):
                    return
                body = owner.content.get(self.path)
                if body is None:
                    return self.answer(404)
                owner.given += len(body)
                self.answer(200, body)

            def do_PUT(self):
                if owner.note(self, "PUT"):
                    return
                body = self.rfile.read(int(self.headers["Content-Length"]))
                wanted = owner.login and "Basic " + base64.b64encode(owner.login.encode()).decode()
                if wanted and self.headers.get("Authorization") != wanted:
                    return self.answer(401)
                with owner.lock:
                    owner.content[self.path] = body
                self.answer(201)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/team/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def note(self, handler, method):
        with self.lock:
            self.requests.append((method, handler.path))
        if self.fault is None:
            return False
        try:
            return bool(self.fault(handler, method, handler.path))
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True
            return True

    def forget_requests(self):
        with self.lock:
            self.requests, self.given = [], 0

    def named(self, part):
        return sorted(path for path in self.content if f"/{part}/" in path)

    def stop(self):
        self.is_over.set()
        self.server.shutdown()
        self.server.server_close()


def drip(handler, body):
    """A byte now and then, for ever as a build sees it."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    for index in range(60):
        handler.wfile.write(body[index:index + 1])
        handler.wfile.flush()
        time.sleep(0.5)
    handler.close_connection = True
