// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/measure/measure.hpp>

#include "boot_chain.hpp"

namespace imagewright::measure {

namespace {

constexpr base::ByteSize k_largest_text = base::ByteSize::mib(1);
constexpr base::ByteSize k_largest_file = base::ByteSize::mib(512);
constexpr std::string_view k_configuration = "grub.cfg";
/// Commands that read no file, or only one that is built in: everything else has to be understood
/// before anything can be said of what GRUB reads.
constexpr std::array<std::string_view, 6> k_silent{
    "set", "serial", "terminal_input", "terminal_output", "insmod", "search"};

/// As the section .sbat has it.
constexpr std::string_view k_known_version = ",grub,2.06,";

using Words = std::vector<std::string>;

/// GRUB's configuration as this program writes it: plain commands, and menu entries of such.
struct Menu {
  struct Entry {
    std::string id;
    std::vector<Words> commands;
  };
  std::vector<Words> commands;
  std::vector<Entry> entries;
};

/// "'a b' c" as two words. Whoever uses more of the language than that is not followed.
std::optional<Words> words_of(std::string_view line) {
  if (line.find_first_of("\\;&|`") != std::string_view::npos) return std::nullopt;
  Words words;
  std::string word;
  char quote = '\0';
  bool is_word = false;
  for (const char letter : line) {
    if (quote != '\0' ? letter == quote : letter == '\'' || letter == '"') {
      quote = quote == '\0' ? letter : '\0';
      is_word = true;
    } else if (quote == '\0' && (letter == ' ' || letter == '\t')) {
      if (is_word) words.push_back(std::move(word));
      word.clear();
      is_word = false;
    } else {
      word += letter;
      is_word = true;
    }
  }
  if (quote != '\0') return std::nullopt;
  if (is_word) words.push_back(std::move(word));
  return words;
}

std::string id_of(const Words& head) {
  const auto option = std::ranges::find(head, "--id");
  return option == head.end() || option + 1 == head.end() ? head[1] : *(option + 1);
}

std::optional<Menu> parse(std::string_view text) {
  Menu menu;
  Menu::Entry* open = nullptr;
  for (const std::string& line : base::split(text, '\n')) {
    const std::string_view trimmed = base::trimmed(line);
    if (trimmed.empty() || trimmed.front() == '#') continue;
    const auto words = words_of(trimmed);
    if (!words || words->empty()) return std::nullopt;
    if (words->front() == "menuentry") {
      if (open != nullptr || words->size() < 3 || words->back() != "{") return std::nullopt;
      open = &menu.entries.emplace_back(Menu::Entry{.id = id_of(*words)});
    } else if (words->front() == "}") {
      if (open == nullptr || words->size() != 1) return std::nullopt;
      open = nullptr;
    } else {
      (open != nullptr ? open->commands : menu.commands).push_back(*words);
    }
  }
  if (open != nullptr) return std::nullopt;
  return menu;
}

/// Follows GRUB from its first configuration to the files of an entry.
class Follower {
public:
  Follower(const inspect::OpenedImage& image, const disk::FilesystemReader& esp, EventLog& log)
      : image_(image), root_(&esp), log_(log) {}

  /// False: something is in the way that is not understood, or missing.
  bool follow(const std::string& path, const std::string& wanted_entry) {
    const auto menu = read_menu(path);
    if (!menu) return false;
    std::optional<std::string> next;
    for (const Words& command : menu->commands) {
      if (next) return false; // something after another file was read
      if (command.front() == "configfile" && command.size() == 2) {
        next = expanded(command[1]);
      } else if (!run(command)) {
        return false;
      }
    }
    if (next) return menu->entries.empty() && ++depth_ < 4 && follow(*next, wanted_entry);
    return start(*menu, wanted_entry);
  }
  const std::string& entry() const { return entry_; }

private:
  std::optional<Menu> read_menu(const std::string& path) {
    const auto text = root_->read(path, k_largest_text);
    if (!text) return std::nullopt;
    log_.add(9, "EV_IPL", path, *text);
    return parse(*text);
  }

  /// "($root)/boot" is a path of the filesystem that was searched for.
  std::optional<std::string> expanded(std::string text) const {
    for (const auto& [name, value] : variables_) {
      if (text.starts_with("$" + name)) text = value + text.substr(name.size() + 1);
    }
    if (text.starts_with("($root)")) text.erase(0, std::string_view("($root)").size());
    if (text.find_first_of("$(") != std::string::npos || !text.starts_with('/'))
      return std::nullopt;
    return text;
  }

  bool run(const Words& command) {
    if (std::ranges::find(k_silent, command.front()) == k_silent.end()) return false;
    if (command.front() == "search") return search(command);
    if (command.front() == "set" && command.size() == 2) {
      const std::size_t end = command[1].find('=');
      if (end == std::string::npos) return false;
      variables_[command[1].substr(0, end)] = command[1].substr(end + 1);
    }
    return true;
  }

  bool search(const Words& command) {
    const auto has = [&](std::string_view word) {
      return std::ranges::find(command, word) != command.end();
    };
    if (!has("--fs-uuid") || !has("--set=root")) return false;
    for (const inspect::OpenedPartition& partition : image_.partitions()) {
      if (!partition.files || partition.files->facts().uuid != command.back()) continue;
      root_ = partition.files.get();
      return true;
    }
    return false;
  }

  const Menu::Entry* chosen(const Menu& menu, const std::string& wanted_entry) const {
    const auto setting = variables_.find("default");
    const std::string wanted = !wanted_entry.empty()         ? wanted_entry
                               : setting != variables_.end() ? setting->second
                                                             : "0";
    for (std::size_t index = 0; index < menu.entries.size(); ++index) {
      if (menu.entries[index].id == wanted || std::to_string(index) == wanted)
        return &menu.entries[index];
    }
    return nullptr;
  }

  bool start(const Menu& menu, const std::string& wanted_entry) {
    const Menu::Entry* found = chosen(menu, wanted_entry);
    if (found == nullptr) return false;
    entry_ = found->id;
    for (const Words& command : found->commands) {
      const bool is_file = command.front() == "linux" || command.front() == "initrd";
      if (!is_file && !run(command)) return false;
      if (is_file && !read_files(command)) return false;
    }
    return true;
  }

  bool read_files(const Words& command) {
    const std::size_t count = command.front() == "linux" ? 1 : command.size() - 1;
    if (command.size() < 2) return false;
    for (std::size_t index = 1; index <= count; ++index) {
      const auto path = expanded(command[index]);
      const auto content = path ? root_->read(*path, k_largest_file) : std::nullopt;
      if (!content) return false;
      log_.add(9, "EV_IPL", *path, *content);
    }
    return true;
  }

  const inspect::OpenedImage& image_;
  const disk::FilesystemReader* root_;
  EventLog& log_;
  std::map<std::string, std::string> variables_;
  std::string entry_;
  int depth_ = 0;
};

/// The only file of that name below EFI: GRUB has the directory built in.
std::optional<std::string> find_configuration(const disk::FilesystemReader& esp) {
  std::vector<std::string> found;
  for (const std::string& name : esp.list("/EFI").value_or(Words())) {
    std::string path = "/EFI/" + name + "/" + std::string(k_configuration);
    if (esp.find(path)) found.push_back(std::move(path));
  }
  if (found.size() != 1) return std::nullopt;
  return found.front();
}

} // namespace

bool is_grub(const EfiProgram& program) {
  const auto section = program.find(".sbat");
  return section && section->stored.find("\ngrub,") != std::string_view::npos;
}

std::string measure_grub(const inspect::OpenedImage& image, const disk::FilesystemReader& esp,
                         const EfiProgram& program, const std::string& wanted_entry,
                         Machine& machine) {
  EventLog& log = machine.log;
  // Later ones let the firmware load the kernel, which measures it then.
  if (program.find(".sbat")->stored.find(k_known_version) == std::string_view::npos)
    log.give_up(4, "whether this GRUB lets the firmware measure the kernel is not known here");
  log.give_up(8, "GRUB writes its commands there, with names of disks that the machine gives");
  const auto configuration = find_configuration(esp);
  Follower follower(image, esp, log);
  if (!configuration || !follower.follow(*configuration, wanted_entry))
    log.give_up(9, "GRUB's configuration does more than start a kernel from a menu");
  return follower.entry();
}

} // namespace imagewright::measure
