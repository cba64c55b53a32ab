# SPDX-License-Identifier: MIT
"""Small inputs that were made after public reports of faults, and the tiny distribution that they install."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from imagewright_testing import TestCase, require_program, require_shared_data


class ReportsTestCase(TestCase):
    """`self.top` holds the prepared inputs, a directory each."""

    @classmethod
    def setUpClass(cls):
        reports = require_shared_data("reports")
        for program in ("rpmbuild", "createrepo_c"):
            require_program(program)
        cls.top = Path(tempfile.mkdtemp(prefix="imagewright-reports-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        subprocess.run([reports / "prepare", cls.top], check=True)
        subprocess.run(["bash", cls.top / "base/make-base.sh"], check=True, capture_output=True)
