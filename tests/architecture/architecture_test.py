# SPDX-License-Identifier: MIT
"""The house keeps its shape: module edges, confined libraries, documented error codes."""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import modules as house  # noqa: E402

TOP = Path(__file__).resolve().parents[2]


class ModuleEdges(unittest.TestCase):
    def test_every_include_follows_a_declared_edge(self):
        self.assertEqual(house.find_violations(TOP), [])

    def test_an_added_edge_is_found(self):
        with self.copy_of_house() as top:
            header = top / "include/imagewright/base/byte_size.hpp"
            header.write_text(header.read_text() + "#include <imagewright/model/layout.hpp>\n")
            self.assertTrue(any("base does not use model" in line for line in house.find_violations(top)))

    def test_an_upward_declaration_is_found(self):
        with self.copy_of_house() as top:
            declaration = top / "src/fs/CMakeLists.txt"
            declaration.write_text(declaration.read_text().replace("USES base", "USES base model"))
            self.assertIn("fs: uses model, which does not stand above it", house.find_violations(top))

    def test_a_library_outside_its_module_is_found(self):
        with self.copy_of_house() as top:
            source = top / "src/fs/file.cpp"
            source.write_text(source.read_text() + "#include <archive.h>\n")
            self.assertTrue(any("archive.h of libarchive" in line for line in house.find_violations(top)))

    def test_an_edge_that_nobody_follows_is_found(self):
        with self.copy_of_house() as top:
            declaration = top / "src/lock/CMakeLists.txt"
            declaration.write_text(declaration.read_text().replace("USES base", "USES base fs"))
            self.assertIn("lock: declares fs and does not use it", house.find_violations(top))

    def test_no_table_of_the_model_has_a_second_list(self):
        self.assertEqual(house.find_second_lists(TOP), [])

    def test_a_second_list_is_found(self):
        lists = {
            "image formats": 'for (auto each : {ImageFormat::raw, ImageFormat::vhd, ImageFormat::qcow2}) {}\n',
            "filesystem types": 'constexpr auto k_words = {"ext4", "xfs",\n "swap"};\n',
            "boot loaders": 'bool is_known = word == "grub" || word == "systemd-boot";\n',
            "architectures": 'CLI::IsMember({"x86_64", "aarch64"});\n',
        }
        for table, text in lists.items():
            with self.subTest(table=table), self.copy_of_house() as top:
                (top / "src/cli/second.cpp").write_text(text)
                self.assertEqual(house.find_second_lists(top), [f"src/cli/second.cpp:1: a second list of {table}"])

    def copy_of_house(self):
        class Copy:
            def __enter__(copy):
                copy.directory = tempfile.TemporaryDirectory()
                top = Path(copy.directory.name)
                shutil.copy(TOP / "CMakeLists.txt", top)
                shutil.copytree(TOP / "src", top / "src")
                shutil.copytree(TOP / "include", top / "include")
                return top

            def __exit__(copy, *arguments):
                copy.directory.cleanup()

        return Copy()


class Confinement(unittest.TestCase):
    def test_catch2_stands_under_tests_only(self):
        offenders = [str(path.relative_to(TOP)) for folder in ("src", "include")
                     for path in (TOP / folder).rglob("*.[ch]pp") if "catch2/" in path.read_text()]
        self.assertEqual(offenders, [])

    def test_no_shell_is_ever_started(self):
        # The words of convention 22. "popen" and "system" as calls, not as parts of names.
        pattern = re.compile(r"(?<![\w:.])(?:std::|::)?(?:system|popen)\s*\(|\"/?(?:bin/)?sh\"\s*,\s*\"-c\"")
        offenders = []
        for path in sorted((TOP / "src").rglob("*.cpp")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if pattern.search(line) and not line.lstrip().startswith("//"):
                    offenders.append(f"{path.relative_to(TOP)}:{number}")
        self.assertEqual(offenders, [])

    # Files of a root are opened through fs::RootDir, whose own text may join.
    JOINED = re.compile(r"\b(?:root|image|base)_?(?:\(\))?(?:\.options\(\))?\.(?:path\(\)|directory\b(?:\(\))?)\s*/\s|/\s*\w+(?:\(\))?\.relative_path\(\)")

    def test_no_path_of_the_host_is_joined_with_one_of_an_image(self):
        offenders = []
        for path in sorted((TOP / "src").rglob("*.cpp")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if self.JOINED.search(line) and not line.lstrip().startswith("//"):
                    offenders.append(f"{path.relative_to(TOP)}:{number}: {line.strip()}")
        self.assertEqual(offenders, [])

    def test_a_joined_path_is_found(self):
        for line in ("open(root.path() / name)", "root_.options().directory / entry.path", "root.directory / \"etc\"", "top / path.relative_path()"):
            self.assertRegex(line, self.JOINED)
        self.assertNotRegex("options.output_directory / (name + \".root\")", self.JOINED)

    def test_indexes_and_metadata_of_strangers_are_parsed_in_jobs_alone(self):
        # What a worker runs stands in files of jobs; each parser here has one door.
        parsers = re.compile(r"\b(?:lr_yum_repomd_parse_\w+|lr_metalink_parse_\w+|repo_add_rpmmd|repo_add_updateinfoxml|selabel_open)\s*\(")
        found = {str(path.relative_to(TOP)) for path in sorted((TOP / "src").rglob("*.cpp")) if parsers.search(path.read_text())}
        self.assertEqual(found, {"src/repo/index_job.cpp", "src/resolve/metadata_job.cpp", "src/tree/label_job.cpp"})

    def test_no_stage_asks_for_an_architecture_by_name(self):
        names = re.compile(r"\"(?:x86_64|aarch64|amd64|arm64)\"")
        offenders = [f"{path.relative_to(TOP)}:{number}"
                     for path in sorted((TOP / "src").rglob("*.cpp"))
                     if path != TOP / "src/model/architecture.cpp"
                     for number, line in enumerate(path.read_text().splitlines(), 1)
                     if names.search(line) and "==" in line]
        self.assertEqual(offenders, [])


class Distribution(unittest.TestCase):
    NAME = re.compile(r"azure ?linux|mariner|\bazl\d|\bcbl-?\d|\.(?:azl|cm)\d", re.I)
    # Names of other people's tools, of a key of theirs and of what it stands for; the releases of a vendor as its advisories call them.
    ELSEWHERE = re.compile(r"mcr\.microsoft\.com/azurelinux/|Azure Linux (?:Image Customizer|toolkit)|azurelinux \"?\s*\"?toolkit|\bazureLinux\b|\b[Aa]n? Azure Linux image")
    VENDOR_WORDS = "src/advisory/csaf_products.cpp"

    def named(self, text):
        """Lines of code that name the distribution; comments may give an example."""
        lines = [re.sub(r"(?<!:)//.*", "", line) for line in text.splitlines()]
        return [number for number, line in enumerate(lines, 1) if not line.lstrip().startswith("#include")
                and self.NAME.search(self.ELSEWHERE.sub("", re.sub(r"AzureLinuxImage|azure_linux", "", line)))]

    def test_no_code_names_it(self):
        found = [f"{path.relative_to(TOP)}:{number}" for folder in ("src", "include")
                 for path in sorted((TOP / folder).rglob("*.[ch]pp")) if str(path.relative_to(TOP)) != self.VENDOR_WORDS
                 for number in self.named(path.read_text())]
        self.assertEqual(found, [])

    def test_a_name_in_code_is_found_and_one_in_a_comment_is_not(self):
        self.assertEqual(self.named('if (release == "azurelinux-3.0") return; // azurelinux\n'), [1])
        self.assertEqual(self.named('tag == ".azl3"\nhint = "as of Mariner";\n'), [1, 2])
        self.assertEqual(self.named('/// "6.6.1-2.azl3"\n"a config of the Azure Linux toolkit"\n"input.image.azureLinux"\n'), [])


class Documentation(unittest.TestCase):
    # "disk.raw" is the name of a file and "machine.slice" that of a unit, not a code.
    FILE_ENDINGS = {"raw", "img", "tar", "json", "yaml", "conf", "cfg", "slice"}
    CODE = re.compile(r"\"((?:%s)\.[a-z0-9]+(?:-[a-z0-9]+)*)\"")

    def codes_in_sources(self):
        names = "|".join(["base", "json", "cli", "layout", "customize", *house.load_modules(TOP)])
        pattern = re.compile(self.CODE.pattern % names)
        codes = {}
        for path in sorted((TOP / "src").rglob("*.[ch]pp")):
            for code in pattern.findall(path.read_text()):
                if code.rsplit(".", 1)[1] in self.FILE_ENDINGS:
                    continue
                codes.setdefault(code, str(path.relative_to(TOP)))
        return codes

    def test_every_error_code_has_a_page(self):
        missing = [f"{code} ({where})" for code, where in self.codes_in_sources().items()
                   if not (TOP / f"docs/errors/{code}.md").exists()]
        self.assertEqual(missing, [])

    # A code that had another name is still in scripts and logs: its page leads to the new one.
    NOW_CALLED = re.compile(r"# [a-z.-]+\n\n\*\*Now called\*\* \[([a-z.-]+)\]\(\1\.md\)\.\n")

    def stale_pages(self, pages, codes):
        """Pages, by the name of what they are about, of nothing that the program says, today or under another name."""
        stale = []
        for name, text in sorted(pages.items()):
            moved = self.NOW_CALLED.fullmatch(text)
            if name not in codes and (moved is None or moved.group(1) not in codes):
                stale.append(name)
        return stale

    def test_every_page_is_of_a_code(self):
        pages = {path.stem: path.read_text() for path in (TOP / "docs/errors").glob("*.md") if path.stem != "README"}
        self.assertEqual(self.stale_pages(pages, self.codes_in_sources()), [])

    def test_a_page_of_no_code_is_found(self):
        pages = {"audit.old": "# audit.old\n\n**Now called** [audit.new](audit.new.md).\n", "audit.lost": "# audit.lost\n\n**Now called** [audit.gone](audit.gone.md).\n",
                 "audit.new": "# audit.new\n", "audit.stale": "# audit.stale\n"}
        self.assertEqual(self.stale_pages(pages, {"audit.new": ""}), ["audit.lost", "audit.stale"])

    def test_the_module_table_is_the_declared_one(self):
        text = (TOP / "docs/architecture.md").read_text()
        for module in house.load_modules(TOP).values():
            row = re.search(rf"^\| [a-z]+ \| `{module.name}` \|.*$", text, re.M)
            self.assertIsNotNone(row, f"docs/architecture.md has no row for {module.name}")
            uses = row.group(0).split("|")[4].split()
            self.assertEqual(set(uses), set(module.uses or ["–"]), f"row of {module.name} in docs/architecture.md")

    NAMED_TEST = re.compile(r"`(tests/[\w/]+\.(?:cpp|py))`: \*([^*]+)\*")

    @staticmethod
    def names_of_tests(path):
        if path.suffix == ".py":
            return set(re.findall(r"^    def (test_\w+)", path.read_text(), re.M))
        found = re.findall(r"\bTEST_CASE(?:_METHOD)?\((?:\w+,)?((?:\s*\"[^\"]*\")+)", path.read_text())
        return {"".join(re.findall(r"\"([^\"]*)\"", literals)) for literals in found}

    def test_every_test_that_the_page_on_security_names_exists(self):
        named = self.NAMED_TEST.findall((TOP / "docs/security.md").read_text())
        self.assertGreater(len(named), 60)
        missing = [f"{path}: {name}" for path, name in named
                   if not (TOP / path).exists() or name not in self.names_of_tests(TOP / path)]
        self.assertEqual(missing, [])

    def declared_tests(self):
        """What ctest calls them: programs of tests by their name, scripts by theirs."""
        declared = "\n".join(path.read_text() for path in sorted((TOP / "tests").rglob("CMakeLists.txt")))
        scripts = {f"{path.parent.name}_{path.stem.removesuffix('_test')}" for path in (TOP / "tests").glob("*/*_test.py")}
        return scripts | set(re.findall(r"\b((?:unit|component)_\w+)", declared))

    def unknown_tests(self, rows):
        """What rows of a table call a test, by ctest's name or by a title, and no test is called."""
        declared = self.declared_tests()
        titles = {name.replace("_", " ").removeprefix("test ") for path in sorted((TOP / "tests").rglob("*_test.*")) for name in self.names_of_tests(path)}
        files = {path.stem for path in (TOP / "tests").rglob("*_test.*")} | {word for path in (TOP / "tests/functional").glob("*_test.py")
                                                                         for word in re.findall(r"^class (\w+)", path.read_text(), re.M)}
        unknown = []
        for row in rows:
            unknown += [name for name in re.findall(r"`([A-Z]\w+|\w+_\w+)`", row) if name not in declared | files]
            for title in re.findall(r'"([^"]+)"', row):
                begins = title.removesuffix("…").strip()
                if not any(known == title or (begins != title and known.startswith(begins)) for known in titles):
                    unknown.append(title)
        return unknown

    def test_every_test_that_the_page_on_azure_names_exists(self):
        table = (TOP / "docs/azure.md").read_text().split("| what could go wrong | what sees it |\n|---|---|\n")[1]
        rows = [row.split("|")[2] for row in table.splitlines() if row.startswith("|")]
        self.assertGreater(len(rows), 20)
        self.assertEqual(self.unknown_tests(rows), [])
        self.assertEqual(self.unknown_tests(['`unit_finalize`: "no such title"', '`functional_nothing`', '"a second kernel …"', '"a second kernel"']),
                         ["no such title", "functional_nothing", "a second kernel"])

    def test_a_test_that_is_gone_would_be_missed(self):
        path = TOP / "tests/component/sandbox/policy_test.cpp"
        self.assertIn("no system call leads out of a root", self.names_of_tests(path))
        self.assertNotIn("no system call", self.names_of_tests(path))
        self.assertEqual(self.NAMED_TEST.findall("| a | `tests/a/b_test.py`: *test_x*<br>`tests/c.cpp`: *y z* |"), [("tests/a/b_test.py", "test_x"), ("tests/c.cpp", "y z")])


class Steps(unittest.TestCase):
    def test_the_documented_steps_are_the_listed_ones(self):
        declared = (TOP / "src/finalize/CMakeLists.txt").read_text()
        listed = re.search(r"^set\(steps\n(.*?)\)", declared, re.S | re.M).group(1).split()
        text = (TOP / "docs/architecture.md").read_text()
        paragraph = re.search(r"is the only one:\n(.*?);", text, re.S).group(1)
        documented = [name.replace("-", "_") for name in re.findall(r"`([a-z-]+)`", paragraph)]
        self.assertEqual(documented, listed)

    def test_every_file_of_the_folder_is_a_listed_step(self):
        declared = (TOP / "src/finalize/CMakeLists.txt").read_text()
        listed = set()
        for words in re.findall(r"^set\((?:customizing_|boot_reset_|file_)?steps\n(.*?)\)", declared, re.S | re.M):
            listed.update(words.split())
        self.assertEqual(sorted(path.stem for path in (TOP / "src/finalize/steps").iterdir()), sorted(listed))


class Sources(unittest.TestCase):
    def test_every_source_starts_with_its_licence(self):
        listed = subprocess.run(["git", "-C", TOP, "ls-files", "*.cpp", "*.hpp", "*.cmake", "*.py", "*CMakeLists.txt"],
                                capture_output=True, text=True, check=True).stdout.split()
        missing = []
        for name in listed:
            path = TOP / name
            if not path.exists():
                continue
            lines = path.read_text().splitlines()[:2]
            if not any("SPDX-License-Identifier: MIT" in line for line in lines):
                missing.append(name)
        self.assertEqual(missing, [])


if __name__ == "__main__":
    unittest.main()
