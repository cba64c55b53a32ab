# SPDX-License-Identifier: MIT
"""OCI layouts of a few bytes, made as the image specification says."""

import gzip
import hashlib
import io
import json
import tarfile

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def tar_of(files):
    """A tar archive with these texts or bytes by name; a pair is a kind of member and what it leads to."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, text in sorted(files.items()):
            member = tarfile.TarInfo(name)
            if isinstance(text, tuple):
                member.type, member.linkname = text
                archive.addfile(member)
                continue
            content = text if isinstance(text, bytes) else text.encode()
            member.size = len(content)
            member.mode = 0o755
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Layout:
    """Grows by whole images; an index is written for each tag."""

    def __init__(self, directory):
        self.directory = directory
        self.entries = []
        (directory / "blobs/sha256").mkdir(parents=True)
        (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def blob_file(self, digest):
        return self.directory / "blobs/sha256" / digest.split(":")[1]

    def blob(self, media_type, content, **more):
        digest = digest_of(content)
        self.blob_file(digest).write_bytes(content)
        return {"mediaType": media_type, "digest": digest, "size": len(content), **more}

    def document(self, media_type, value, **more):
        return self.blob(media_type, json.dumps(value, sort_keys=True).encode(), **more)

    def manifest(self, architecture, layers, differences=None):
        """An image whose layers hold these files; gives its descriptor, with a platform."""
        archives = [tar_of(files) for files in layers]
        config = self.document(CONFIG, {
            "architecture": architecture, "os": "linux", "config": {"Entrypoint": ["/pause"]},
            "rootfs": {"type": "layers", "diff_ids": differences or [digest_of(each) for each in archives]}})
        blobs = [self.blob(LAYER, gzip.compress(each, mtime=0)) for each in archives]
        return self.document(MANIFEST, {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": blobs},
                             platform={"os": "linux", "architecture": architecture})

    def add(self, tag, *manifests):
        """One tag for an index of these manifests."""
        index = self.document(INDEX, {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(manifests)})
        self.tag(tag, index)
        return index

    def tag(self, tag, descriptor):
        self.entries.append({**descriptor, "annotations": {"org.opencontainers.image.ref.name": tag}})
        (self.directory / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": self.entries}))
