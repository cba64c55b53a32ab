// SPDX-License-Identifier: MIT
#include "settings_change.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/finalize/plan.hpp>
#include <imagewright/fs/file_type.hpp>
#include <imagewright/model/kernel_command_line.hpp>

#include "argument_text.hpp"
#include "base_boot_files.hpp"
#include "shell_settings.hpp"

namespace imagewright::finalize::boot_loaders {
namespace {

using Words = std::vector<std::string>;

constexpr const char* k_kernel_line = "/etc/kernel/cmdline";
constexpr std::size_t k_largest_sources = std::size_t{16} * 1024 * 1024;

/// In every menu, whatever the settings say.
bool is_of_every_menu(const std::string& word) {
  constexpr std::array<std::string_view, 3> k_names{"root", "ro", "rw"};
  return std::ranges::find(k_names, model::kernel_parameter(word).name) != k_names.end();
}

Words only_in(const Words& words, const Words& others) {
  Words found;
  for (const std::string& word : words) {
    const bool is_other = std::ranges::any_of(others, [&](const std::string& each) {
      return model::kernel_parameter(each) == model::kernel_parameter(word);
    });
    if (!is_other && !is_of_every_menu(word)) found.push_back(word);
  }
  return found;
}

/// One change for each word, so that each takes the place of its own, or of one of that name.
std::vector<CommandLineChange> changes_between(const Words& before, const Words& now) {
  Words gone = only_in(before, now);
  std::vector<CommandLineChange> changes;
  for (const std::string& word : only_in(now, before)) {
    const std::string name = model::kernel_parameter(word).name;
    CommandLineChange change{.lasting = {word}};
    const auto same = std::ranges::find_if(gone, [&](const std::string& each) {
      return model::is_same_parameter(model::kernel_parameter(each).name, name);
    });
    if (same != gone.end()) {
      change.removed.push_back(model::kernel_parameter(*same).to_string());
      gone.erase(same);
    }
    change.removed.push_back(model::kernel_parameter(word).to_string());
    changes.push_back(std::move(change));
  }
  for (const std::string& word : gone)
    changes.push_back({.removed = {model::kernel_parameter(word).to_string()}});
  return changes;
}

using Edit = std::optional<std::string> (*)(std::string_view, const CommandLineChange&);
using ForEach = void (*)(const fs::RootDir&, const BootFileVisitor&);

/// How many files have kernels.
std::size_t edit_files(const fs::RootDir& files, ForEach for_each, Edit edit,
                       const std::vector<CommandLineChange>& changes) {
  std::size_t count = 0;
  for_each(files, [&](const std::string& path, const std::string& text) {
    std::string edited = text;
    for (const CommandLineChange& change : changes) {
      const auto next = edit(edited, change);
      if (!next) return;
      edited = *next;
    }
    ++count;
    if (edited != text) store_boot_file(files, path, edited);
  });
  return count;
}

/// Whether a menu sets its timeout as the settings had it, and does so now as they have it.
bool follow_timeout(const fs::RootDir& files, int before, int now) {
  const std::string old_line = "set timeout=" + std::to_string(before);
  const std::string new_line = "set timeout=" + std::to_string(now);
  bool has_any = false;
  for_each_menu(files, [&](const std::string& path, const std::string& text) {
    std::vector<std::string> lines = base::split(text, '\n');
    bool is_changed = false;
    for (std::string& line : lines) {
      const std::string_view trimmed = base::trimmed(line);
      has_any = has_any || trimmed == new_line;
      if (trimmed != old_line) continue;
      line.replace(line.find(old_line), old_line.size(), new_line);
      is_changed = true;
    }
    has_any = has_any || is_changed;
    if (is_changed) store_boot_file(files, path, fmt::format("{}", fmt::join(lines, "\n")));
  });
  return has_any;
}

base::Diagnostic not_followed(std::string message) {
  return {.severity = base::Severity::warning,
          .code = "finalize.boot-settings-not-followed",
          .message = std::move(message),
          .hint =
              "change the menu itself in a script of scripts.finalizeCustomization if the first "
              "boot needs it; kernel arguments are best named in os.kernelCommandLine"};
}

void follow_grub(const GrubSettings& before, const GrubSettings& now, const fs::RootDir& files,
                 std::vector<base::Diagnostic>& told) {
  const auto changes = changes_between(before.arguments, now.arguments);
  if (!changes.empty()) {
    const std::size_t count = edit_files(files, for_each_menu, edited_menu, changes) +
                              edit_files(files, for_each_entry, edited_entry, changes);
    if (count == 0)
      told.push_back(not_followed(base::quoted(k_grub_settings) +
                                  " has other kernel arguments now, and this image has no menu of "
                                  "GRUB and no boot loader entry to follow it"));
  }
  const auto was = before.timeout_seconds;
  const auto is = now.timeout_seconds;
  if (was != is && !(was && is && follow_timeout(files, *was, *is)))
    told.push_back(
        not_followed(base::quoted(k_grub_settings) +
                     " has another GRUB_TIMEOUT now, and the menu of this image stays as "
                     "it was"));
  for (base::Diagnostic& each : tell_other_settings(before.others, now.others))
    told.push_back(std::move(each));
}

void follow_kernel_line(const Words& before, const Words& now, const fs::RootDir& files,
                        std::vector<base::Diagnostic>& told) {
  const auto changes = changes_between(before, now);
  if (changes.empty()) return;
  if (edit_files(files, for_each_entry, edited_entry, changes) == 0)
    told.push_back(
        not_followed(base::quoted(k_kernel_line) +
                     " has other kernel arguments now, and this image has no boot loader "
                     "entry to follow it"));
}

} // namespace

MenuSources read_menu_sources(const fs::RootDir& files) {
  MenuSources sources;
  if (const auto line = find_shell_text(files, k_kernel_line))
    sources.command_line = model::kernel_words(base::trimmed(*line));
  std::vector<std::string> paths{std::string(k_grub_settings)};
  const std::string directory(k_more_grub_settings);
  const auto more = files.find_target_status(directory);
  const bool has_more = more && more->type == fs::FileType::directory;
  std::vector<std::string> names = has_more ? files.list(directory) : std::vector<std::string>{};
  std::ranges::sort(names);
  for (const std::string& name : names) {
    if (name.ends_with(".cfg")) paths.push_back(directory + "/" + name);
  }
  for (const std::string& path : paths) {
    const auto text = find_shell_text(files, path);
    const bool is_odd = (!text && files.exists(path)) || sources.text.size() > k_largest_sources;
    if (is_odd) sources.is_understood = false;
    if (text && !is_odd) sources.text += path + "\n" + *text + "\n";
  }
  if (!sources.is_understood) return sources;
  try {
    sources.grub = read_grub_settings(files);
  } catch (const base::Error&) {
    // It matters only when the config changes it.
    sources.is_understood = false;
  }
  return sources;
}

std::vector<base::Diagnostic> follow_menu_sources(const MenuSources& before,
                                                  const fs::RootDir& files) {
  std::vector<base::Diagnostic> told;
  const MenuSources now = read_menu_sources(files);
  if (before.is_understood && now.is_understood) {
    // What is removed takes nothing out of the menus.
    if (now.grub) follow_grub(before.grub.value_or(GrubSettings{}), *now.grub, files, told);
  } else if (before.text != now.text) {
    told.push_back(
        not_followed("what the config makes of " + base::quoted(k_grub_settings) +
                     " and the files that it reads is not understood, and the menus of this image "
                     "have nothing of it"));
  }
  if (now.command_line)
    follow_kernel_line(before.command_line.value_or(Words{}), *now.command_line, files, told);
  return told;
}

std::vector<base::Diagnostic> tell_other_settings(const std::map<std::string, std::string>& before,
                                                  const std::map<std::string, std::string>& now) {
  std::vector<base::Diagnostic> told;
  for (const auto& [name, value] : now) {
    const auto same = before.find(name);
    // The first kernel is what starts without a word of it.
    const bool is_usual = name == "GRUB_DEFAULT" && (value == "0" || value == "saved");
    if (is_usual || (same != before.end() && same->second == value)) continue;
    told.push_back(
        not_followed(base::quoted(k_grub_settings) + " sets " + name + " (" + base::quoted(value) +
                     "), which menus follow that the node makes when kernels change, and "
                     "the one of this image does not"));
  }
  return told;
}

} // namespace imagewright::finalize::boot_loaders
