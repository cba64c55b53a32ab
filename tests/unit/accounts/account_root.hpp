// SPDX-License-Identifier: MIT
#pragma once

// A root with a few accounts.

#include <string>

#include <imagewright_test/scratch.hpp>

#include <imagewright/accounts/database.hpp>
#include <imagewright/fs/root_dir.hpp>

namespace accounts_test {

using namespace imagewright;

struct AccountRoot {
  AccountRoot() {
    root.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nlast:x:300:300::/:/bin/sh", 0644);
    root.write("/etc/group", "root:x:0:\nlast:x:300:", 0644);
    root.write("/etc/shadow", "root:*:19000:0:99999:7:::\n", 0);
    root.write("/etc/gshadow", "root:*::\n", 0);
  }

  /// What stands behind "NAME:" in a file; empty when no line has it.
  std::string line_of(const std::string& path, const std::string& name) const {
    const auto text = "\n" + root.find_content(path).value_or("");
    const auto start = text.find("\n" + name + ":");
    if (start == std::string::npos) return {};
    const auto from = start + 2 + name.size();
    return text.substr(from, text.find('\n', from) - from);
  }

  imagewright_test::ScratchDirectory directory;
  fs::RootDir root{directory.path()};
  base::Epoch epoch{std::chrono::seconds(1'700'000'000)};
};

} // namespace accounts_test
