// SPDX-License-Identifier: MIT
#pragma once

// What a scriptlet changes in the process that installs, and the next one would inherit. Scriptlets
// in Lua run inside of librpm, in one process for all packages: a macro that one of them defines
// reaches the scriptlets that librpm expands, and librpm's own settings; a variable of the
// environment reaches every program that is started later.

#include <string>
#include <vector>

namespace imagewright::install {

/// The macros and the environment as they are when it is made.
class ScriptletLeftovers {
public:
  ScriptletLeftovers();

  /// Makes them so again. Throws base::Error (install.scriptlet-leftovers) where that cannot be
  /// done.
  void undo() const;

private:
  void undo_macros() const;
  void undo_environment() const;

  /// librpm's table as text, a line for each macro.
  std::string macros_;
  std::vector<std::string> environment_;
};

} // namespace imagewright::install
