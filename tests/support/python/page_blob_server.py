# SPDX-License-Identifier: MIT
"""A server with page blobs in memory, which takes what Azure's storage service takes and nothing else."""

import http.server
import re
import threading
from urllib.parse import parse_qs, urlsplit

SIGNATURE = "sv=2022-11-02&sr=c&sp=rcw&sig=c2VjcmV0LXNpZ25hdHVyZQ%3D%3D"
SECRET = "c2VjcmV0LXNpZ25hdHVyZQ"
PAGE = 512


class Blob:
    def __init__(self, size, metadata):
        self.size, self.metadata, self.pages = size, metadata, {}

    def write(self, start, data):
        for offset in range(0, len(data), PAGE):
            self.pages[start + offset] = data[offset:offset + PAGE]

    def read(self, start, end):
        return b"".join(self.pages.get(offset, bytes(PAGE)) for offset in range(start, end, PAGE))

    def ranges(self):
        ranges = []
        for offset in sorted(self.pages):
            if ranges and ranges[-1][1] == offset:
                ranges[-1][1] = offset + PAGE
            else:
                ranges.append([offset, offset + PAGE])
        return ranges


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", word=None, **headers):
        self.send_response(status)
        if word:
            self.send_header("x-ms-error-code", word)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", len(body))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server, parts = self.server, urlsplit(self.path)
        query = parse_qs(parts.query)
        server.requests.append((self.command, query.get("comp", [""])[0]))
        if server.fault and (status := server.fault(len(server.requests))):
            return self.answer(status)
        if f"sig={SECRET}%3D%3D" not in parts.query or "x-ms-version" not in self.headers:
            return self.answer(403, word="AuthenticationFailed")
        if not parts.path.startswith("/vhds/"):
            return self.answer(404, word="ContainerNotFound")
        blob = server.blobs.get(parts.path)
        if self.command == "PUT" and "comp" not in query:
            return self.create(parts.path, blob)
        if blob is None:
            return self.answer(404, word="BlobNotFound")
        if self.command == "HEAD":
            return self.answer(200, Content_Length=blob.size, x_ms_blob_type="PageBlob", **blob.metadata)
        if self.command == "PUT":
            return self.put_page(blob, body)
        if query.get("comp") == ["pagelist"]:
            return self.answer(200, self.page_list(blob))
        start, end = self.range()
        return self.answer(206, blob.read(start, end))

    do_GET = do_PUT = do_HEAD = serve

    def create(self, path, blob):
        size = int(self.headers["x-ms-blob-content-length"])
        if blob is not None and self.headers.get("If-None-Match") == "*":
            return self.answer(409, word="BlobAlreadyExists")
        if self.headers.get("x-ms-blob-type") != "PageBlob" or size % PAGE:
            return self.answer(400, word="InvalidHeaderValue")
        metadata = {name.replace("-", "_"): value for name, value in self.headers.items() if name.startswith("x-ms-meta-")}
        self.server.blobs[path] = Blob(size, metadata)
        return self.answer(201)

    def range(self):
        start, end = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["x-ms-range"]).groups())
        return start, end + 1

    def put_page(self, blob, body):
        start, end = self.range()
        is_good = (self.headers.get("x-ms-page-write") == "update" and start % PAGE == 0 and end % PAGE == 0 and end <= blob.size and
                   end - start == len(body) <= 4 << 20)
        if not is_good:
            return self.answer(416, word="InvalidPageRange")
        self.server.received += len(body)
        blob.write(start, self.server.store(body))
        return self.answer(201)

    def page_list(self, blob):
        ranges = "".join(f"<PageRange><Start>{start}</Start><End>{end - 1}</End></PageRange>" for start, end in blob.ranges())
        return f'<?xml version="1.0" encoding="utf-8"?><PageList>{ranges}</PageList>'.encode()

    def log_message(self, *_):
        pass


class PageBlobServer(http.server.ThreadingHTTPServer):
    """`fault` gets the number of a request and gives a status in the place of an answer; `store` changes what is written."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.blobs, self.requests, self.received = {}, [], 0
        self.fault, self.store = None, lambda data: data
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """Clients that are killed are a part of the tests."""

    def url(self, name="vhds/node.vhd", signature=SIGNATURE):
        return f"http://127.0.0.1:{self.server_port}/{name}?{signature}"

    def stop(self):
        self.shutdown()
        self.server_close()
