# SPDX-License-Identifier: MIT
"""Code blocks of README and docs, and what each is to a test: a file, commands that run, or a reason why they do not.

    yaml file=NAME      is written to that file
    yaml                a part of a config, or a whole one: `validate` takes it
    sh                  runs in every run of the tests
    sh long             boots machines or composes for long: the first hour runs it, where the program is installed
    sh long until=WORD  likewise; runs until it has said WORD, and is interrupted then
    sh input=TEXT       likewise; what is typed
    sh not-run=REASON   nothing runs it, for that reason
    cpp of=FILE         its lines stand in that file
    (nothing)           no commands: a sample of an output, a drawing
"""

import dataclasses
import re
import shlex
from pathlib import Path

BLOCK = re.compile(r"(?ms)^```(\S*)([^\n]*)\n(.*?)^```$")
LANGUAGES = {"yaml": {"file"}, "sh": {"long", "until", "input", "not-run"}, "cpp": {"of"}, "": set()}


@dataclasses.dataclass
class Block:
    page: Path
    language: str
    marks: dict
    text: str

    @property
    def is_long(self):
        return "long" in self.marks


def blocks_of(page):
    found = []
    for language, line, text in BLOCK.findall(page.read_text()):
        marks = {}
        for word in shlex.split(line):
            name, _, value = word.partition("=")
            marks[name] = value
        found.append(Block(page, language, marks, text))
    return found


def pages_below(top):
    """README and the pages of docs and toolkit, without the pages of errors, which have no blocks, and of decisions, which are history."""
    pages = [top / "README.md", *sorted((top / "docs").rglob("*.md")), *sorted((top / "toolkit").rglob("*.md"))]
    return [page for page in pages if not {"errors", "decisions"} & set(page.relative_to(top).parts)]
