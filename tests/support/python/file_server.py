# SPDX-License-Identifier: MIT
"""A server of the files in a directory, which says nothing of what it is asked."""

import functools
import http.server
import threading


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve(directory, add_cleanup):
    """The address of a server for the directory; `add_cleanup` takes what ends it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=directory))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    add_cleanup(server.server_close)
    add_cleanup(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}"
