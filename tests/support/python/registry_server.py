# SPDX-License-Identifier: MIT
"""A registry of containers as the distribution specification has it, for images that tests put into it; it misbehaves on request."""

import hashlib
import http.server
import json
import threading

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class RegistryServer:
    """`token`: what whoever comes has to fetch first. `elsewhere`: blobs are given by another server, as clouds do it.
    `realm`: where the token shall be fetched, if it is another place.
    `login`: "Basic …", without which there is no token, and without `token` nothing at all.
    `requests` is (path, authorization)."""

    def __init__(self, token=None, elsewhere=None, login=None):
        self.token, self.elsewhere, self.realm, self.login = token, elsewhere, None, login
        self.blobs, self.manifests, self.tags, self.requests = {}, {}, {}, []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body=b"", **fields):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                for name, value in fields.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                authorization = self.headers.get("Authorization")
                owner.requests.append((self.path, authorization))
                place, _, rest = self.path.partition("?")
                if place == "/token" and owner.login and authorization != owner.login:
                    return self.answer(401)
                if owner.login and not owner.token and authorization != owner.login:
                    return self.answer(401, WWW_Authenticate='Basic realm="the registry"')
                if place == "/token":
                    return self.answer(200, json.dumps({"token": owner.token}).encode())
                if owner.token and authorization != f"Bearer {owner.token}":
                    realm = f'Bearer realm="{owner.realm or f"http://{owner.host}/token"}",service="the service",scope="repository:x:pull"'
                    return self.answer(401, WWW_Authenticate=realm)
                kind, _, name = place.rpartition("/")
                if kind.endswith("/manifests"):
                    found = owner.manifests.get(owner.tags.get(name, name))
                    if found is None or found[0] not in self.headers.get("Accept", ""):
                        return self.answer(404)
                    return self.answer(200, found[1], Content_Type=found[0])
                if owner.elsewhere:
                    return self.answer(307, Location=f"http://{owner.elsewhere.host}{self.path}")
                found = owner.blobs.get(name)
                return self.answer(404) if found is None else self.answer(200, found)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def put_document(self, kind, document, tag=None):
        text = json.dumps(document).encode()
        self.manifests[digest_of(text)] = (kind, text)
        if tag:
            self.tags[tag] = digest_of(text)
        return {"mediaType": kind, "digest": digest_of(text), "size": len(text)}

    def put_image(self, files, tag=None):
        """The descriptor of a manifest of files (name → bytes)."""
        layers = []
        for name, data in files.items():
            self.blobs[digest_of(data)] = data
            layers.append({"mediaType": "application/octet-stream", "digest": digest_of(data), "size": len(data),
                           "annotations": {"org.opencontainers.image.title": name}})
        empty = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(b"{}"), "size": 2}
        return self.put_document(MANIFEST, {"schemaVersion": 2, "mediaType": MANIFEST, "config": empty, "layers": layers}, tag)

    def put_layout(self, directory):
        """Everything that an OCI layout has, by digest."""
        for path in (directory / "blobs/sha256").iterdir():
            data = path.read_bytes()
            self.blobs[digest_of(data)] = data
            try:
                document = json.loads(data)
            except ValueError:
                continue
            if isinstance(document, dict) and ("manifests" in document or "layers" in document):
                self.manifests[digest_of(data)] = (document["mediaType"], data)

    def put_index(self, manifests, tag):
        """`manifests`: (os, architecture, descriptor)."""
        entries = [{**descriptor, "platform": {"os": system, "architecture": architecture}} for system, architecture, descriptor in manifests]
        return self.put_document(INDEX, {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, tag)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
