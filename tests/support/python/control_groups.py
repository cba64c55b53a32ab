# SPDX-License-Identifier: MIT
"""Control groups for a test, on hosts with either version of them."""

import os
from pathlib import Path


class ControlGroup:
    """Limits of one controller, of either version; gone with the test."""

    def __init__(self, test, controller, files):
        first = Path("/sys/fs/cgroup") / controller
        self.top = first if first.is_dir() else Path("/sys/fs/cgroup")
        self.group = self.top / f"imagewright-test-{os.getpid()}"
        try:
            self.group.mkdir()
            for name, value in files[first.is_dir()].items():
                (self.group / name).write_text(str(value))
        except OSError as error:
            if self.group.exists():
                self.group.rmdir()
            print(f"control group of {controller}: not tried, {error}", flush=True)
            self.group = None
            return
        test.addCleanup(self.group.rmdir)

    def before(self):
        return ["sh", "-c", f'echo $$ >{self.group}/cgroup.procs && exec "$@"', "sh"]
