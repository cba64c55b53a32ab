// SPDX-License-Identifier: MIT
#pragma once

// Settings in files that a shell reads, like /etc/default/grub, without a shell: a variable has a
// value where that is certain, and is in doubt otherwise.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <imagewright/fs/root_dir.hpp>

namespace imagewright::finalize::boot_loaders {

/// The text of a file that a shell could read: a regular one, and no larger than settings are.
/// Nothing for anything else.
std::optional<std::string> find_shell_text(const fs::RootDir& files, const std::string& path);

/// What stands in the way of knowing a value.
struct ShellDoubt {
  std::string path;
  std::string line;

  bool operator==(const ShellDoubt&) const = default;
};

/// A variable after everything was read.
struct ShellValue {
  std::string text;
  std::optional<ShellDoubt> doubt; ///< with it, the text means nothing

  bool operator==(const ShellValue&) const = default;
};

/// What a shell knows when it has read such files. Assignments are followed, conditions about texts
/// and files of the image, loops over words, and files that are read with ".", by their name or in
/// a loop over a directory. What depends on other conditions or a program, what functions do that
/// are called, and what comes behind a "return" that may happen is in doubt.
class ShellSettings {
public:
  explicit ShellSettings(const fs::RootDir& files) : files_(files) {}

  /// Reads a file of the root, if it is there.
  void read(const std::string& path) { read(path, std::nullopt); }
  /// Reads a text that would stand in that file.
  void read_text(const std::string& path, const std::string& text);
  /// Reads the files of the directory whose names end so, in their order.
  void read_directory(const std::string& directory, std::string_view ending) {
    read_directory(directory, ending, std::nullopt);
  }

  /// Empty for a variable that nothing sets.
  ShellValue value(std::string_view name) const;

private:
  friend class ShellFile;

  void read(const std::string& path, const std::optional<ShellDoubt>& doubt);
  void read_directory(const std::string& directory, std::string_view ending,
                      const std::optional<ShellDoubt>& doubt);
  void run(const std::string& path, const std::string& text,
           const std::optional<ShellDoubt>& doubt);

  void assign(const std::string& name, ShellValue value) { values_[name] = std::move(value); }
  /// Everything may have been set, or nothing is read any more.
  void doubt_all(const ShellDoubt& doubt);

  /// What a word amounts to, without its quotes.
  std::optional<std::string> expanded(std::string_view word) const;
  std::optional<std::string> expanded(std::string_view word, bool is_in_double_quotes) const;
  std::optional<std::string> expanded_variable(std::string_view part,
                                               bool is_in_double_quotes) const;
  std::optional<std::string> known(std::string_view name) const;

  const fs::RootDir& files_;
  std::map<std::string, ShellValue, std::less<>> values_;
  std::set<std::string, std::less<>> functions_;
  std::set<std::string, std::less<>> set_by_functions_; ///< when one of them is called
  bool functions_doubt_ = false;                        ///< one of them may do everything
  std::optional<ShellDoubt> doubt_;                     ///< about what is not in `values_`
  bool has_ended_ = false;
  int depth_ = 0;
  int count_ = 0; ///< of commands and files
};

} // namespace imagewright::finalize::boot_loaders
