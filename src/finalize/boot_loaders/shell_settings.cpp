// SPDX-License-Identifier: MIT
#include "shell_settings.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <imagewright/fs/file_type.hpp>

#include "shell_file.hpp"
#include "shell_text.hpp"

namespace imagewright::finalize::boot_loaders {
namespace {

constexpr std::uint64_t k_largest_text = 1024 * 1024;
constexpr int k_most_depth = 8;

/// What an environment may hold, or the program that reads the settings sets itself.
bool may_be_set_elsewhere(std::string_view name) {
  constexpr std::array<std::string_view, 16> k_names{
      "HOME", "PATH", "PWD",      "OLDPWD", "USER", "LOGNAME", "SHELL", "LANG",
      "TERM", "IFS",  "HOSTNAME", "RANDOM", "UID",  "EUID",    "PPID",  "LANGUAGE"};
  return is_one_of(k_names, name) || name.starts_with("LC_") || name.starts_with("GRUB_DEVICE") ||
         name == "GRUB_FS" || name.starts_with("grub_") || name.starts_with("BASH");
}

} // namespace

std::optional<std::string> find_shell_text(const fs::RootDir& files, const std::string& path) {
  const auto status = files.find_target_status(path);
  const bool is_fit =
      status && status->type == fs::FileType::regular && status->size <= k_largest_text;
  return is_fit ? files.find_content(path) : std::nullopt;
}

void ShellSettings::read(const std::string& path, const std::optional<ShellDoubt>& doubt) {
  if (!files_.exists(path)) return;
  if (const auto text = find_shell_text(files_, path)) {
    run(path, *text, doubt);
  } else {
    doubt_all({path, "no file of settings"});
  }
}

void ShellSettings::read_text(const std::string& path, const std::string& text) {
  run(path, text, std::nullopt);
}

void ShellSettings::run(const std::string& path, const std::string& text,
                        const std::optional<ShellDoubt>& doubt) {
  if (has_ended_) return;
  if (depth_ == k_most_depth || ++count_ > k_most_shell_steps)
    return doubt_all({path, "too many files and commands"});
  ++depth_;
  ShellFile(*this, path, text, doubt).run();
  --depth_;
}

void ShellSettings::read_directory(const std::string& directory, std::string_view ending,
                                   const std::optional<ShellDoubt>& doubt) {
  const auto status = files_.find_target_status(directory);
  if (!status || status->type != fs::FileType::directory) return;
  std::vector<std::string> names = files_.list(directory);
  std::ranges::sort(names);
  for (const std::string& name : names) {
    if (name.ends_with(ending) && !name.starts_with('.')) read(directory + "/" + name, doubt);
  }
}

void ShellSettings::doubt_all(const ShellDoubt& doubt) {
  values_.clear();
  doubt_ = doubt;
}

ShellValue ShellSettings::value(std::string_view name) const {
  const auto found = values_.find(name);
  return found != values_.end() ? found->second : ShellValue{"", doubt_};
}

std::optional<std::string> ShellSettings::known(std::string_view name) const {
  const bool is_ours = values_.contains(name);
  if (!is_ours && may_be_set_elsewhere(name)) return std::nullopt;
  ShellValue found = value(name);
  if (found.doubt) return std::nullopt;
  return std::move(found.text);
}

std::optional<std::string> ShellSettings::expanded(std::string_view word) const {
  return expanded(word, false);
}

/// "${…}" without its brackets.
std::optional<std::string> ShellSettings::expanded_variable(std::string_view part,
                                                            bool is_in_double_quotes) const {
  const std::size_t size = shell_name_size(part);
  if (size == 0) return std::nullopt;
  const auto current = known(part.substr(0, size));
  std::string_view sign = part.substr(size);
  if (sign.empty() || !current) return current;
  // Where nothing is set, it is empty for us as well; a difference is of no use in settings.
  if (sign.starts_with(':')) sign.remove_prefix(1);
  const bool is_default = sign.starts_with('-');
  if (!is_default && !sign.starts_with('+')) return std::nullopt;
  const bool is_other = is_default == current->empty();
  if (!is_other) return is_default ? current : std::optional<std::string>("");
  return expanded(sign.substr(1), is_in_double_quotes);
}

std::optional<std::string> ShellSettings::expanded(std::string_view word,
                                                   bool is_in_double_quotes) const {
  std::string text;
  for (std::size_t at = 0; at < word.size() && text.size() <= k_largest_shell_value;) {
    const std::size_t end = end_of_shell_part(word, at, is_in_double_quotes);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view part = word.substr(at, end - at);
    std::optional<std::string> value;
    if (part.front() == '\\') {
      const bool is_kept = is_in_double_quotes &&
                           std::string_view("$`\"\\\n").find(part[1]) == std::string_view::npos;
      value = part[1] == '\n' ? "" : std::string(is_kept ? part : part.substr(1));
    } else if (part.front() == '\'' && part.size() > 1) {
      value = std::string(part.substr(1, part.size() - 2));
    } else if (part.front() == '"' && part.size() > 1) {
      value = expanded(part.substr(1, part.size() - 2), true);
    } else if (part.starts_with("${")) {
      value = expanded_variable(part.substr(2, part.size() - 3), is_in_double_quotes);
    } else if (part == "$") {
      // A single one is a letter; else a name follows, or something that only a shell knows.
      const std::string_view rest = word.substr(end);
      const std::size_t size = shell_name_size(rest);
      constexpr std::string_view k_special = "0123456789@*#?$!-'\"";
      if (size > 0) {
        value = known(rest.substr(0, size));
      } else if (rest.empty() || k_special.find(rest.front()) == std::string_view::npos ||
                 (is_in_double_quotes && (rest.front() == '\'' || rest.front() == '"'))) {
        value = "$";
      }
      at += size;
    } else if (part.size() == 1 && part != "\"") {
      value = std::string(part);
    }
    if (!value) return std::nullopt;
    text += *value;
    at += part.size();
  }
  return text;
}

} // namespace imagewright::finalize::boot_loaders
