// SPDX-License-Identifier: MIT
#include "boot_entries.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include <imagewright/base/key_value.hpp>
#include <imagewright/base/shortened.hpp>
#include <imagewright/base/text.hpp>

#include "efi_sections.hpp"
#include "limits.hpp"

namespace imagewright::inspect {

namespace {

constexpr std::array k_boot_directories = {"/efi", "/boot/efi", "/boot"};
constexpr std::array k_grub_menus = {"/boot/grub2/grub.cfg", "/boot/grub/grub.cfg"};
constexpr int k_deepest_efi_directory = 4;

/// Words of a shell-like line; quotes group and vanish.
std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool is_word = false;
  char quote = '\0';
  for (std::size_t index = 0; index < line.size(); ++index) {
    const char c = line[index];
    const bool is_escape = c == '\\' && quote != '\'' && index + 1 < line.size();
    if (is_escape) {
      word += line[++index];
      is_word = true;
    } else if (quote != '\0' ? c == quote : c == '\'' || c == '"') {
      quote = quote == '\0' ? c : '\0';
      is_word = true;
    } else if (quote == '\0' && (c == ' ' || c == '\t')) {
      if (is_word) words.push_back(std::move(word));
      word.clear();
      is_word = false;
    } else {
      word += c;
      is_word = true;
    }
  }
  if (is_word) words.push_back(std::move(word));
  return words;
}

/// One word as GRUB hands it to the kernel (grub_create_loader_cmdline).
std::string kernel_word(const std::string& word) {
  constexpr std::string_view k_hexadecimal = "0123456789ABCDEFabcdef";
  const auto is_escape = [&](std::size_t at) {
    return at + 3 < word.size() && word[at + 1] == 'x' &&
           k_hexadecimal.find(word[at + 2]) != std::string_view::npos &&
           k_hexadecimal.find(word[at + 3]) != std::string_view::npos;
  };
  std::string text;
  for (std::size_t at = 0; at < word.size(); ++at) {
    const char c = word[at];
    if (c == '\'' || c == '"' || (c == '\\' && !is_escape(at))) text += '\\';
    text += c;
  }
  return word.find(' ') == std::string::npos ? text : '"' + text + '"';
}

std::string kernel_command_line(std::span<const std::string> words) {
  std::vector<std::string> kernel_words;
  for (const std::string& word : words)
    kernel_words.push_back(kernel_word(word));
  return base::join(kernel_words, " ");
}

/// Type 1 of the UAPI group's Boot Loader Specification: a key and the rest of the line.
BootEntry parse_specification_entry(std::string_view text, std::string file) {
  BootEntry entry{.file = std::move(file)};
  for (const std::string& line : base::split(text, '\n')) {
    const std::string_view trimmed = base::trimmed(line);
    const std::size_t end = trimmed.find_first_of(" \t");
    if (end == std::string_view::npos) continue;
    const std::string value(base::trimmed(trimmed.substr(end)));
    const std::string_view key = trimmed.substr(0, end);
    if (key == "title") entry.title = base::shortened(value, k_longest_name);
    if (key == "linux" || key == "efi") entry.kernel = value;
    if (key == "initrd" && entry.initramfs.empty()) entry.initramfs = value;
    if (key == "options") {
      entry.command_line += (entry.command_line.empty() ? "" : " ") + value;
    }
  }
  return entry;
}

std::string plain_line(std::string_view section) {
  return std::string(base::trimmed(section.substr(0, section.find('\0'))));
}

/// systemd-stub(7): what the image has, then what each of its addons adds, in the order of their
/// names. Nothing when neither says anything.
std::optional<std::string> unified_command_line(const SystemView& view, const std::string& path,
                                                std::string_view program) {
  std::vector<std::string> lines;
  if (const auto line = find_efi_section(program, ".cmdline")) lines.push_back(plain_line(*line));
  for (const std::string& name : view.list(path + ".extra.d")) {
    if (!base::to_lower(name).ends_with(".addon.efi")) continue;
    const std::string addon = view.read(path + ".extra.d/" + name).value_or("");
    if (const auto line = find_efi_section(addon, ".cmdline")) lines.push_back(plain_line(*line));
  }
  if (lines.empty()) return std::nullopt;
  return base::join(lines, " ");
}

void add_unified_images(const SystemView& view, const std::string& directory,
                        std::vector<BootEntry>& entries) {
  for (const std::string& name : view.list(directory + "/EFI/Linux")) {
    if (!base::to_lower(name).ends_with(".efi")) continue;
    const std::string path = directory + "/EFI/Linux/" + name;
    const std::string program = view.read(path).value_or("");
    const auto line = unified_command_line(view, path, program);
    if (!line) continue;
    entries.push_back(
        {.file = path,
         .title = base::shortened(
             base::find_value(find_efi_section(program, ".osrel").value_or(""), "PRETTY_NAME")
                 .value_or(""),
             k_longest_name),
         .kernel = path,
         .initramfs = path,
         .command_line = *line});
  }
}

void add_specification_entries(const SystemView& view, const std::string& directory,
                               std::vector<BootEntry>& entries) {
  std::vector<std::string> names = view.list(directory + "/loader/entries");
  // The specification starts the newest first: names hold versions.
  std::reverse(names.begin(), names.end());
  for (const std::string& name : names) {
    if (!name.ends_with(".conf")) continue;
    const std::string path = directory + "/loader/entries/" + name;
    if (const auto text = view.read(path)) {
      entries.push_back(parse_specification_entry(*text, path));
    }
  }
}

void add_programs(const SystemView& view, const std::string& directory, int depth,
                  std::vector<std::string>& programs) {
  for (const std::string& name : view.list(directory)) {
    const std::string path = directory + "/" + name;
    const auto stored = view.find(path);
    if (!stored) continue;
    if (stored->type == fs::FileType::directory && depth < k_deepest_efi_directory) {
      add_programs(view, path, depth + 1, programs);
    } else if (base::to_lower(name).ends_with(".efi")) {
      programs.push_back(path);
    }
  }
}

} // namespace

std::vector<BootEntry> parse_grub_menu(std::string_view text, const std::string& file) {
  std::vector<BootEntry> entries;
  std::string title;
  for (const std::string& line : base::split(text, '\n')) {
    const std::vector<std::string> words = shell_words(line);
    if (words.size() < 2) continue;
    if (words[0] == "menuentry") title = base::shortened(words[1], k_longest_name);
    if (words[0] == "linux" || words[0] == "linuxefi" || words[0] == "linux16") {
      entries.push_back({.file = file,
                         .title = title,
                         .kernel = words[1],
                         .initramfs = {},
                         .command_line = kernel_command_line(std::span(words).subspan(2))});
    }
    if (words[0].starts_with("initrd") && !entries.empty()) entries.back().initramfs = words[1];
  }
  return entries;
}

std::vector<BootEntry> read_boot_entries(const SystemView& view) {
  std::vector<BootEntry> entries;
  std::set<std::string> seen;
  // One directory may have several of these names, by links.
  const auto is_new = [&](const std::string& path) {
    const auto resolved = view.resolve(path);
    return resolved && seen.insert(*resolved).second;
  };
  for (const char* directory : k_boot_directories) {
    // Without a filesystem of its own, only /boot can hold what a boot loader reads.
    if (!view.is_mount_point(directory) && directory != std::string_view("/boot")) continue;
    if (!is_new(directory)) continue;
    add_unified_images(view, directory, entries);
    add_specification_entries(view, directory, entries);
  }
  for (const char* path : k_grub_menus) {
    const auto text = view.read(path);
    if (!text || !is_new(path)) continue;
    for (BootEntry& entry : parse_grub_menu(*text, path))
      entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<std::string> find_efi_programs(const SystemView& view) {
  std::vector<std::string> programs;
  for (const char* directory : k_boot_directories) {
    if (view.is_mount_point(directory)) {
      add_programs(view, std::string(directory) + "/EFI", 0, programs);
    }
  }
  std::sort(programs.begin(), programs.end());
  programs.erase(std::unique(programs.begin(), programs.end()), programs.end());
  return programs;
}

} // namespace imagewright::inspect
