# SPDX-License-Identifier: MIT
"""Small inputs that were made after public reports of faults, and the tiny distribution that they install."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import tiny_distribution
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
        # The reports' program in the place of dracut writes a word that no kernel would unpack.
        spec = cls.top / "base/specs/tinydracut.spec"
        spec.write_text(re.sub(r"^printf '#!/bin/sh.*'(?= > )", lambda found: tiny_distribution.DRACUT, spec.read_text(), flags=re.MULTILINE))
        subprocess.run(["bash", cls.top / "base/make-base.sh"], check=True, capture_output=True)
