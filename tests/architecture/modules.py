# SPDX-License-Identifier: MIT
"""The modules as they are declared (imagewright_add_module) and as they really are (#include lines)."""

import re
from dataclasses import dataclass, field
from pathlib import Path

# Third-party headers and the library that they belong to. Everything else in angle brackets with a "/" that is not ours,
# of the system or of the C++ library is unknown, and an error.
THIRD_PARTY_HEADERS = [
    (re.compile(r"^fmt/"), "fmt"),
    (re.compile(r"^spdlog/"), "spdlog"),
    (re.compile(r"^yaml-cpp/"), "yaml-cpp"),
    (re.compile(r"^openssl/"), "libcrypto"),
    (re.compile(r"^archive(_entry)?\.h$"), "libarchive"),
    (re.compile(r"^zstd(_errors)?\.h$"), "libzstd"),
    (re.compile(r"^zlib\.h$"), "zlib"),
    (re.compile(r"^lzma\.h$"), "liblzma"),
    (re.compile(r"^curl/"), "libcurl"),
    (re.compile(r"^(librepo/|gpgme\.h|glib\.h)"), "librepo"),
    (re.compile(r"^solv/"), "libsolv"),
    (re.compile(r"^rpm/"), "librpm"),
    (re.compile(r"^selinux/"), "libselinux"),
    (re.compile(r"^libfdisk/"), "libfdisk"),
    (re.compile(r"^expat\.h"), "expat"),
    (re.compile(r"^(ext2fs/|et/|uuid/|com_err\.h)"), "libext2fs"),
    (re.compile(r"^CLI/"), "cli11"),
    (re.compile(r"^nlohmann/"), "nlohmann-json"),
    (re.compile(r"^catch2/"), "catch2"),
]
SYSTEM_HEADERS = re.compile(r"^(sys|linux|asm|bits|net|netinet|arpa)/|^[a-z_0-9]+(\.h)?$")
# The libraries that any module may use in its sources.
EVERYWHERE = {"fmt"}
# Two modules may need the same compression library; everything else stands in exactly one module.
SHARED = {"libzstd": {"archive", "image", "install", "disk", "finalize"}, "zlib": {"archive", "image", "disk"},
          "libcrypto": {"base", "attest", "drift", "measure"}, "libcurl": {"http"}, "expat": {"resolve", "advisory"}}


@dataclass
class Module:
    name: str
    uses: list
    third_party: list
    floor: int
    sources: list = field(default_factory=list)


def parse_declaration(text):
    """The arguments of imagewright_add_module as {keyword: [values]}, with the name under ''. """
    match = re.search(r"imagewright_add_module\(\s*(\S+)(.*?)\)", text, re.S)
    if match is None:
        return None
    arguments = {"": [match.group(1)], "USES": [], "THIRD_PARTY": [], "SOURCES": []}
    keyword = ""
    body = re.sub(r"#.*", "", match.group(2))
    for word in body.split():
        if word in arguments:
            keyword = word
        else:
            arguments[keyword].append(word)
    return arguments


def load_modules(top):
    """Every declared module by name; `floor` is its place in the top CMakeLists.txt."""
    order = re.findall(r"imagewright_module_directory\((\w+)\)", (top / "CMakeLists.txt").read_text())
    modules = {}
    for floor, name in enumerate(order):
        declaration = top / "src" / name / "CMakeLists.txt"
        if not declaration.exists():
            continue
        arguments = parse_declaration(declaration.read_text())
        if arguments is None:
            continue
        files = sorted((top / "src" / name).rglob("*.[ch]pp")) + sorted(
            (top / "include" / "imagewright" / name).rglob("*.hpp"))
        modules[name] = Module(name, arguments["USES"], arguments["THIRD_PARTY"], floor, files)
    return modules


def includes_of(path):
    """(line number, header) of each #include <…> line."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r"\s*#\s*include\s*<([^>]+)>", line)
        if match:
            yield number, match.group(1)


def third_party_of(header):
    for pattern, library in THIRD_PARTY_HEADERS:
        if pattern.search(header):
            return library
    return None


def reachable(modules, name):
    """The module, what it uses, and what those use."""
    seen = set()
    stack = [name]
    while stack:
        current = stack.pop()
        if current in seen or current not in modules:
            continue
        seen.add(current)
        stack.extend(modules[current].uses)
    return seen


def find_violations(top):
    """One sentence for each edge that the house does not have."""
    modules = load_modules(top)
    violations = []
    owners = {}
    for module in modules.values():
        for used in module.uses:
            if used not in modules:
                violations.append(f"{module.name}: uses {used}, which is no module")
            elif modules[used].floor >= module.floor:
                violations.append(f"{module.name}: uses {used}, which does not stand above it")
        for library in module.third_party:
            if library in EVERYWHERE:
                continue
            owner = owners.setdefault(library, module.name)
            if owner != module.name and module.name not in SHARED.get(library, set()):
                violations.append(f"{module.name}: declares {library}, which belongs to {owner}")
        violations += find_include_violations(top, modules, module)
        violations += find_unused_edges(module)
    return violations


def find_unused_edges(module):
    """Edges that are declared and that no #include of the module follows."""
    headers = [header for path in module.sources for _, header in includes_of(path)]
    ours = {match.group(1) for header in headers if (match := re.match(r"imagewright/(\w+)/", header))}
    libraries = {third_party_of(header) for header in headers}
    unused = [used for used in module.uses if used not in ours]
    unused += [library for library in module.third_party if library not in libraries]
    return [f"{module.name}: declares {name} and does not use it" for name in unused]


# The words of a table of the model, and where a list of them may stand: in the table, in the rows of behaviour, and where
# words of another program's language are translated.
TABLES = {
    "image formats": (re.compile(r"\bImageFormat::(\w+)|\"(raw|qcow2|vhd|vhd-fixed|vhdx|tar|wsl)\""), 3,
                      {"include/imagewright/model/artifact.hpp", "include/imagewright/model/image_format.hpp",
                       "src/image/formats.cpp"}),
    "filesystem types": (re.compile(r"\bFilesystemType::(\w+)|\"(ext4|fat32|vfat|xfs|btrfs|swap)\""), 3,
                         {"include/imagewright/model/filesystem_type.hpp", "src/disk/filesystems.cpp"}),
    "boot loaders": (re.compile(r"\bBootLoaderName::(\w+)|\"(grub|systemd-boot)\""), 2,
                     {"include/imagewright/model/boot_loader.hpp", "src/finalize/plan.cpp"}),
    "architectures": (re.compile(r"\"(x86_64|aarch64)\""), 2,
                      {"include/imagewright/model/architecture_names.hpp", "src/model/architecture.cpp"}),
}
FOREIGN_WORDS = "src/config/import/"
WINDOW = 12


def find_second_lists(top):
    """Places where several words of one table stand close together: a list that forgets the next row."""
    found = []
    paths = sorted(path for folder in ("src", "include") for path in (top / folder).rglob("*.[ch]pp"))
    for path in paths:
        where = str(path.relative_to(top))
        if where.startswith(FOREIGN_WORDS):
            continue
        lines = [line.split("//")[0] for line in path.read_text().splitlines()]
        for table, (pattern, most, homes) in TABLES.items():
            if where in homes:
                continue
            for start in range(len(lines)):
                if not pattern.search(lines[start]):
                    continue
                words = {"".join(groups) for line in lines[start:start + WINDOW] for groups in pattern.findall(line)}
                if len(words) >= most:
                    found.append(f"{where}:{start + 1}: a second list of {table}")
                    break
    return found


def find_include_violations(top, modules, module):
    violations = []
    allowed = {module.name, *module.uses}
    for path in module.sources:
        is_public = path.is_relative_to(top / "include")
        where = path.relative_to(top)
        for number, header in includes_of(path):
            ours = re.match(r"imagewright/(\w+)/", header)
            library = third_party_of(header)
            if ours:
                if ours.group(1) not in allowed:
                    violations.append(f"{where}:{number}: includes {header}, but {module.name} does not use {ours.group(1)}")
            elif library is not None:
                if is_public:
                    violations.append(f"{where}:{number}: a public header includes {header} of {library}")
                elif library not in module.third_party:
                    violations.append(f"{where}:{number}: includes {header} of {library}, which {module.name} does not declare")
            elif not SYSTEM_HEADERS.search(header):
                violations.append(f"{where}:{number}: includes {header}, which no library here is known for")
    return violations
