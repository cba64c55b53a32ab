#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A program that searches memory, processes, keyrings, environment and files is run by every kind of scriptlet and script of a build and of a
customization, and finds none of the secrets that the caller has."""

import ctypes
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/python"))
import tiny_distribution  # noqa: E402
from faulty_server import FaultyServer  # noqa: E402
from imagewright_testing import PROGRAM, TOP, TestCase, environment, require_program  # noqa: E402

# When a package comes, and when it or another goes.
COMING = {"pre": "%pre", "post": "%post", "posttrans": "%posttrans", "triggerprein": "%triggerprein -- tiny-web",
          "triggerin": "%triggerin -- tiny-web", "filetriggerin": "%filetriggerin -- /usr/share/web",
          "transfiletriggerin": "%transfiletriggerin -- /usr/share/web"}
GOING = {"triggerun": "%triggerun -- tiny-web", "triggerpostun": "%triggerpostun -- tiny-web", "preun": "%preun -n gone", "postun": "%postun -n gone",
         "filetriggerun": "%filetriggerun -- /usr/share/web", "filetriggerpostun": "%filetriggerpostun -- /usr/share/web",
         "transfiletriggerun": "%transfiletriggerun -- /usr/share/web",
         "transfiletriggerpostun": "%transfiletriggerpostun -- /usr/share/web"}
# In the process of the transaction itself; before the first file is there, and among the others.
LUA = """\
local function say(name, text) local file = io.open(name, 'a') file:write(text .. '\\n') file:close() end
for _, process in ipairs({'self', '1', '2'}) do
  for _, name in ipairs({'environ', 'cmdline', 'maps', 'mountinfo'}) do
    local file = io.open('/proc/' .. process .. '/' .. name, 'rb')
    local text = file and file:read('*a') or ''
    if text:find('mark' .. 'er%%-of%%-') then say('/found', '<lua> ' .. process .. ' ' .. name) end
  end
  local memory = io.open('/proc/' .. process .. '/mem', 'rb')
  local maps = io.open('/proc/' .. process .. '/maps', 'r')
  for line in (memory and maps and maps:lines() or function() end) do
    local first, last, rights = line:match('^(%%x+)%%-(%%x+) (%%S+)')
    if rights and rights:sub(1, 1) == 'r' and memory:seek('set', tonumber(first, 16)) then
      local text = memory:read(math.min(tonumber(last, 16) - tonumber(first, 16), 67108864)) or ''
      if text:find('mark' .. 'er%%-of%%-[pfule]') then say('/found', '<lua> memory ' .. line) end
    end
  end
end
for _, directory in ipairs({'/', '/etc', '/tmp', '/var', '/var/tmp', '/run', '/dev', '/dev/shm'}) do
  for _, name in ipairs(posix.dir(directory) or {}) do
    local file = posix.stat(directory .. '/' .. name, 'type') == 'regular' and io.open(directory .. '/' .. name, 'rb')
    if file and (file:read('*a') or ''):find('mark' .. 'er%%-of%%-[pfule]') then say('/found', '<lua> ' .. name) end
  end
end
"""
SPEC = """
%global debug_package %{{nil}}
%global __os_install_post %{{nil}}
Name: spy
Version: 1
Release: 1
Summary: It searches
License: MIT
AutoReqProv: no
Requires(pre): tiny-base spy-program
%description
It searches.
%package program
Summary: The program
AutoReqProv: no
%description program
The program.
%package -n gone
Summary: It searches when it goes
AutoReqProv: no
Requires(preun): spy-program
%description -n gone
It searches when it goes.
%package late
Summary: It comes to an image that is there
AutoReqProv: no
Requires(pre): spy-program
%description late
It comes to an image that is there.
%package bait
Summary: What a search must find
AutoReqProv: no
Requires(pre): spy
%description bait
What a search must find.
%install
mkdir -p %{{buildroot}}/usr/bin %{{buildroot}}/usr/share/spy %{{buildroot}}/usr/share/web
cp {program} %{{buildroot}}/usr/bin/search
touch %{{buildroot}}/usr/share/spy/here %{{buildroot}}/usr/share/web/late
%files
/usr/share/spy
%files program
/usr/bin/search
%files -n gone
%files bait
%files late
/usr/share/web/late
%pretrans -p <lua>
{lua}
say('/searched', '<pretrans lua>')
%post -n gone -p <lua>
{lua}
say('/searched', '<post lua>')
%post bait -p <lua>
bait = 'mark' .. 'er-of-' .. string.rep('u', 100)
{lua}
%post late
/usr/bin/search late
"""
SECRETS = ("password.txt", "passphrase.txt", "login.txt")
NODE = """\
release: {top}/tiny.yaml
os:
  {hostname}
  users:
  - {{name: {user}, password: {{type: plain-text, value: marker-of-password}}}}
  - {{name: {user}2, password: {{type: plain-text-file, value: password.txt}}}}
  packages: {packages}
output: {{images: [{{format: raw}}]}}
scripts:
  postCustomization:
  - {{name: search, content: "{bait}\\n/usr/bin/search postCustomization"}}
  - {{name: search in dracut's place, content: "{dracut}"}}
  finalizeCustomization:
  - {{name: search at the end, content: "/usr/bin/search finalizeCustomization"}}
  - {{name: what was found, content: "{verdict}"}}
"""
DRACUT = "cp /usr/bin/dracut /usr/bin/dracut.first\\n(echo '#!/bin/sh'; echo '/usr/bin/search dracut'; echo 'exec /bin/sh /usr/bin/dracut.first \\\"$@\\\"') >/usr/bin/dracut"


def verdict(labels):
    return ("if [ -e /found ]; then cat /found >&2; exit 9; fi; all=$(cat /searched); "
            + "".join(f"case $all in *'<{label}>'*) ;; *) echo missing {label} >&2; exit 8;; esac; " for label in labels) + "rm /searched")


class Search(TestCase):
    @classmethod
    def setUpClass(cls):
        for program in ("gcc", "rpmbuild", "createrepo_c"):
            require_program(program)
        cls.top = cls.class_scratch()
        tiny_distribution.make(cls.top)
        program = cls.top / "search"
        subprocess.run(["gcc", "-O1", "-static", "-o", program, TOP / "tests/support/search_for_markers.c"], check=True, env=environment())
        spec = cls.top / "spy.spec"
        spec.write_text(SPEC.format(program=program, lua=LUA) + "".join(f"{head}\n/usr/bin/search {label}\n" for label, head in {**COMING, **GOING}.items()))
        repository = cls.top / "repository"
        subprocess.run(["rpmbuild", "-bb", "--quiet", "--target", "x86_64", "--define", f"_topdir {cls.top}/rpm", "--define", f"_rpmdir {repository}",
                        "--define", "_rpmfilename %%{NAME}-%%{VERSION}.%%{ARCH}.rpm", "--define", "_binary_payload w1.gzdio", spec],
                       check=True, capture_output=True, env=environment(HOME=cls.top))
        subprocess.run(["createrepo_c", "--quiet", repository], check=True, capture_output=True)
        shutil.rmtree(cls.top / "rpm")

    def run_with_secrets(self, *command, config, expect=0):
        """A caller that has secrets in its environment, its session's keyring, its config, its address, and files beside the config."""
        directory = config.parent
        for name in SECRETS:
            (directory / name).write_text(f"marker-of-user:marker-of-file-{name}\n")
        keyctl, add_key = 250, 248
        library = ctypes.CDLL(None)

        def join():
            library.syscall(keyctl, 1, None)
            library.syscall(add_key, b"user", b"marker-of-key", b"marker-of-key", 13, -3)
        with FaultyServer(self.top / "repository", "status_500", "nothing", 0) as server:
            address = server.url.replace("//", "//marker-of-user:marker-of-url@")
            release = (self.top / "releases/tiny.yaml").read_text()
            (directory / "tiny.yaml").write_text(release.replace(f"path: {self.top}/repository", f"baseUrl: '{address}'"))
            variables = environment(AWS_SECRET_ACCESS_KEY="marker-of-environment", IMAGEWRIGHT_SHARED_CACHE=server.url + "/shared",
                                    IMAGEWRIGHT_SHARED_CACHE_LOGIN=directory / "login.txt")
            result = subprocess.run([str(PROGRAM), *map(str, command), "--cache-dir", str(directory / "cache")], env=variables, preexec_fn=join,
                                    stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, expect, result.stdout[-2000:] + result.stderr[-4000:])
        return result

    def build(self, bait="true", expect=0, more=""):
        config = self.scratch() / "node.yaml"
        labels = [*COMING, "pretrans lua", "post lua", "postCustomization", "dracut", "finalizeCustomization"]
        config.write_text(NODE.format(top=config.parent, hostname="hostname: node", user="one", bait=bait, dracut=DRACUT, verdict=verdict(labels),
                                      packages=f"{{install: [spy, gone, tiny-web{more}]}}"))
        return config, self.run_with_secrets("build", config, "--output-dir", config.parent / "out", config=config, expect=expect)

    def test_nothing_is_found_while_an_image_is_built_and_customized(self):
        config, _ = self.build()
        base = next((config.parent / "out").glob("*.raw"))
        again = config.parent / "again.yaml"
        labels = [*GOING, "late", "postCustomization", "finalizeCustomization"]
        again.write_text(NODE.format(top=config.parent, hostname="hostname: other", user="three", bait="true", dracut="true", verdict=verdict(labels),
                                     packages="{remove: [tiny-web, gone], install: [spy-late]}"))
        self.run_with_secrets("customize", "--image", base, again, "--output-dir", config.parent / "again", config=again)

    def test_each_way_of_searching_would_find(self):
        baits = {"echo mark''er-of-file >/etc/bait": "/etc/bait", "/usr/bin/search hold": "memory /proc/",
                 "export BAIT=mark''er-of-variable": "the environment"}
        _, result = self.build("\\n".join(baits), expect=1, more=", spy-bait")
        for found in baits.values():
            self.assertIn("<postCustomization> " + found, result.stderr)
        self.assertIn("<lua> memory", result.stderr)


if __name__ == "__main__":
    unittest.main()
