// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <fstream>

#include <imagewright_test/skip.hpp>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "package_builder.hpp"

using Catch::Matchers::Contains;
using imagewright_test::Installation;
using imagewright_test::PackageBuilder;
using namespace imagewright;

namespace {

constexpr const char* k_marker = "imagewright-marker-7f3a";

/// Searches everything about processes that a shell can read, and says what it found.
const std::string k_shell_search =
    "for directory in /proc/[0-9]* /proc/self /proc/$PPID; do\n"
    "  for name in environ cmdline status maps mountinfo stack; do\n"
    "    { while read -r line; do case \"$line\" in *imagewright-marker*) echo "
    "\"$directory/$name\" "
    ">> /found;; esac; done < $directory/$name; } 2>/dev/null\n"
    "  done\n"
    "done\n"
    // Memory of the processes above it, page by page, as far as it may be read at all.
    "for process in $PPID 2; do\n"
    "  if (: < /proc/$process/mem) 2>/dev/null; then echo \"mem of $process\" >> /found; fi\n"
    "  line=$(cat /proc/$process/environ 2>/dev/null)\n"
    "  if [ -n \"$line\" ]; then echo \"environ of $process: $line\" >> /found; fi\n"
    "done\n"
    "{ while read -r line; do case \"$line\" in *marker*) echo keys >> /found;; esac; done < "
    "/proc/keys; } 2>/dev/null\n"
    ": >> /searched\n";

/// As Lua sees it, which runs in the process of the transaction itself.
const std::string k_lua_search =
    "for _, name in ipairs({'environ', 'cmdline', 'maps', 'mountinfo'}) do\n"
    "  local file = io.open('/proc/self/' .. name, 'rb')\n"
    "  if file then\n"
    "    local text = file:read('*a') or ''\n"
    "    file:close()\n"
    "    if text:find('imagewright%%-marker') then\n"
    "      local out = io.open('/found', 'a') out:write('lua ' .. name .. '\\n') out:close()\n"
    "    end\n"
    "  end\n"
    "end\n"
    // Process 1 may be looked into: it was forked before anything was known.
    "for _, process in ipairs({'self', '1'}) do\n"
    "local memory = io.open('/proc/' .. process .. '/mem', 'rb')\n"
    "local maps = io.open('/proc/' .. process .. '/maps', 'r')\n"
    "if memory and maps then\n"
    "  for line in maps:lines() do\n"
    "    local first, last, rights, name = line:match('^(%%x+)%%-(%%x+) (%%S+) %%S+ %%S+ %%S+ "
    "*(.*)$')\n"
    "    if rights and rights:sub(1, 1) == 'r' and (name == '' or name == '[heap]' or name == "
    "'[stack]') then\n"
    "      local start, size = tonumber(first, 16), tonumber(last, 16) - tonumber(first, 16)\n"
    "      memory:seek('set', start)\n"
    "      local text = memory:read(math.min(size, 67108864)) or ''\n"
    "      if text:find('imagewright%%-marker%%-7f3a') then\n"
    "        local out = io.open('/found', 'a') out:write('lua ' .. name .. ' ' .. line .. '\\n') "
    "out:close()\n"
    "      end\n"
    "    end\n"
    "  end\n"
    "end\n"
    "end\n"
    "local out = io.open('/searched-by-lua', 'a') out:write('x') out:close()\n";

/// What a caller has: credentials in its environment, its memory and its session's keys.
struct Secrets {
  Secrets() : in_memory(std::string(k_marker) + "-memory") {
    ::setenv("IMAGEWRIGHT_TEST_TOKEN", (std::string(k_marker) + "-environment").c_str(), 1);
    ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
    ::syscall(SYS_add_key, "user", "marker-key", in_memory.data(), in_memory.size(),
              KEY_SPEC_SESSION_KEYRING);
  }

  std::string in_memory;
};

} // namespace

TEST_CASE("no kind of scriptlet finds anything of the caller", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const Secrets secrets;
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(builder.build(
      "spy",
      "%install\nmkdir -p %{buildroot}/srv\necho x > %{buildroot}/srv/spied\n%files\n/srv/spied\n"
      "%post\n" +
          k_shell_search + "%posttrans\n" + k_shell_search + "%triggerin -- shell\n" +
          k_shell_search + "%filetriggerin -- /srv\n" + k_shell_search +
          "%transfiletriggerin -- /srv\n" + k_shell_search,
      "Requires: shell\n"));
  installation.add(
      builder.build("lua-spy", "%files\n%post -p <lua>\n" + k_lua_search, "Requires: spy\n"));
  installation.run();
  REQUIRE(std::filesystem::exists(installation.path("searched")));
  REQUIRE(std::filesystem::exists(installation.path("searched-by-lua")));
  const bool has_found = std::filesystem::exists(installation.path("found"));
  INFO((has_found ? imagewright_test::read_text(installation.path("found")) : ""));
  CHECK_FALSE(has_found);
}

TEST_CASE("nothing beside the packages is in sight of a scriptlet", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build_shell());
  installation.add(builder.build(
      "looker",
      "%files\n%post -p <lua>\nlocal out = io.open('/seen', 'w')\n"
      "for number = 0, 40 do\n"
      "  local link = posix.readlink('/proc/self/fd/' .. number)\n"
      "  for _, path in ipairs({'', '/..', '/../..', '/../private.key'}) do\n"
      "    for _, entry in ipairs(posix.dir('/proc/self/fd/' .. number .. path) or {}) do\n"
      "      out:write(entry .. '\\n')\n    end\n  end\n"
      "  if link and io.open('/proc/self/fd/' .. number .. '/0.rpm', 'r+') then "
      "out:write('writable\\n') end\n"
      "end\nout:close()\n",
      "Requires: shell\n"));
  // Where the packages come from, and where their copies are.
  std::ofstream(installation.request.packages.files.front().path.parent_path() / "private.key")
      << "x";
  std::ofstream(installation.scratch / "private.key") << "x";
  installation.run();
  const std::string seen = imagewright_test::read_text(installation.path("seen"));
  CHECK_THAT(seen, Contains("0.rpm"));
  CHECK_THAT(seen, !Contains("private.key") && !Contains("writable"));
}
