// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/measure/measure.hpp>

#include "boot_chain.hpp"
#include "grub_commands.hpp"
#include "grub_program.hpp"
#include "grub_script.hpp"

namespace imagewright::measure {

namespace {

constexpr base::ByteSize k_largest_text = base::ByteSize::mib(1);
constexpr base::ByteSize k_largest_file = base::ByteSize::mib(512);
/// What GRUB calls the disk from which it was started, where that is the only one.
constexpr std::string_view k_disk = "hd0";
constexpr std::string_view k_memdisk = "(memdisk)";
/// Commands that read no file: "insmod" is one as long as there is no directory of modules. All
/// else has to be understood before anything can be said of what GRUB reads.
constexpr std::array<std::string_view, 5> k_silent{"serial", "terminal_input", "terminal_output",
                                                   "insmod", "true"};

/// As the section .sbat has it.
constexpr std::string_view k_known_version = ",grub,2.06,";
/// What a GRUB says that, with Secure Boot, hands the kernel's file to shim a second time.
constexpr std::array<std::string_view, 2> k_asks_again{"Secure Boot enabled: trying linuxefi",
                                                       "Asking shim to verify kernel signature"};
constexpr int k_most_files = 16;
/// Below the prefix: modules and lists of them, which GRUB reads and measures where they are.
constexpr std::array<std::string_view, 2> k_module_directories{"x86_64-efi", "arm64-efi"};
/// What GRUB itself hands on to the file that "configfile" names.
constexpr std::array<std::string_view, 3> k_exported{"root", "prefix", "cmdpath"};

using Words = std::vector<std::string>;

/// Thrown and caught in this file alone.
struct NotFollowed {};

class MemorySource final : public fs::ByteSource {
public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    if (offset > bytes_.size() || bytes_.size() - offset < buffer.size()) throw NotFollowed();
    std::ranges::copy(std::as_bytes(std::span(bytes_)).subspan(offset, buffer.size()),
                      buffer.begin());
  }

private:
  std::string_view bytes_;
};

struct MenuEntry {
  Words parameters; ///< the title, and what follows it
  std::string id;
  Script body;
};

/// Follows GRUB from its first configuration to the files of an entry, and notes what it measures.
class Follower {
public:
  Follower(const inspect::OpenedImage& image, Machine& machine)
      : image_(image), machine_(machine), log_(machine.log) {}

  /// Throws NotFollowed: something is in the way that is not understood, or missing.
  void follow(const GrubProgram& program, const std::string& wanted_entry) {
    const std::string start = "(" + device_of_esp() + ")";
    variables_["root"] = device_of_esp();
    variables_["prefix"] = start + program.prefix;
    variables_["cmdpath"] = start + "/EFI/BOOT";
    require_no_modules();
    const Words first = base::split_whitespace(program.configuration);
    if (first.empty()) {
      read_script(variables_["prefix"] + "/grub.cfg");
    } else if (first.size() == 2 && (first[0] == "normal" || first[0] == "configfile") &&
               first[1].starts_with(k_memdisk) && program.memdisk) {
      // Neither this command nor a file of the memory disk is measured.
      run(script_of_memdisk(*program.memdisk, first[1].substr(k_memdisk.size())));
    } else {
      throw NotFollowed();
    }
    start_entry(wanted_entry);
  }
  const std::string& entry() const { return entry_; }

private:
  struct Place {
    const disk::FilesystemReader* files = nullptr;
    std::string path;
  };

  static std::string device_of(const inspect::OpenedPartition& partition) {
    return fmt::format("{},gpt{}", k_disk, partition.entry.number);
  }

  std::string device_of_esp() const {
    for (const inspect::OpenedPartition& partition : image_.partitions()) {
      if (partition.files && partition.entry.type.to_string() == k_esp_type)
        return device_of(partition);
    }
    throw NotFollowed();
  }

  Script parsed(std::string_view text) const {
    auto script = parse_grub_script(text);
    if (!script) throw NotFollowed();
    return std::move(*script);
  }

  Script script_of_memdisk(const std::string& bytes, const std::string& path) const {
    const MemorySource source(bytes);
    const auto files = disk::open_filesystem(source);
    const auto text = files ? files->read(path, k_largest_text) : std::nullopt;
    if (!text) throw NotFollowed();
    return parsed(*text);
  }

  /// "(hd0,gpt2)/boot" and "/boot" of the device that `root` names.
  Place place_of(const std::string& path) const {
    const bool has_device = path.starts_with('(');
    const std::size_t end = has_device ? path.find(')') : 0;
    if (end == std::string::npos) return {};
    const std::string device = has_device ? path.substr(1, end - 1) : variables_.at("root");
    for (const inspect::OpenedPartition& partition : image_.partitions()) {
      if (partition.files && device_of(partition) == device)
        return {partition.files.get(), path.substr(has_device ? end + 1 : 0)};
    }
    return {};
  }

  bool has_unread_partition() const {
    return std::ranges::any_of(image_.partitions(),
                               [](const auto& partition) { return !partition.files; });
  }

  /// Of modules that GRUB loads by itself, and when, nothing is said here.
  void require_no_modules() const {
    const std::string& prefix = variables_.at("prefix");
    if (prefix.starts_with(k_memdisk)) return;
    const Place place = place_of(prefix);
    if (place.files == nullptr) throw NotFollowed();
    for (const std::string_view directory : k_module_directories) {
      if (place.files->find(place.path + "/" + std::string(directory))) throw NotFollowed();
    }
  }

  std::string read(const std::string& path, base::ByteSize limit) {
    const Place place = place_of(path);
    const auto content =
        place.files == nullptr ? std::nullopt : place.files->read(place.path, limit);
    if (!content) throw NotFollowed();
    log_.add(9, "EV_IPL", place.path, *content);
    return *content;
  }

  void read_script(const std::string& path) {
    if (++file_count_ > k_most_files) throw NotFollowed();
    run(parsed(read(path, k_largest_text)));
  }

  bool run(const Script& script) {
    bool is_right = true;
    for (const ScriptCommand& command : script)
      is_right = command.branches.empty() ? execute(command) : choose(command);
    return is_right;
  }

  bool choose(const ScriptCommand& command) {
    for (const ScriptCommand::Branch& branch : command.branches) {
      if (branch.condition.empty() || run(branch.condition)) return run(branch.body);
    }
    return true;
  }

  bool execute(const ScriptCommand& command) {
    if (is_left_) throw NotFollowed();
    auto words = expanded_words(command, variables_);
    if (!words || words->empty()) throw NotFollowed();
    Words measured = *words;
    if (command.block) measured.push_back(command.block_text);
    log_.add(8, "EV_IPL", "command " + words->front(), base::join(measured, " "));
    const bool is_negated = words->front() == "!";
    if (is_negated) words->erase(words->begin());
    if (words->empty()) throw NotFollowed();
    if (command.block) return add_entry(*words, *command.block);
    return carry_out(*words) != is_negated;
  }

  bool carry_out(const Words& words) {
    const std::string& name = words.front();
    if (name == "[") return test(words);
    if (name == "set" && words.size() == 2) return set(words[1]);
    if (name == "search") return search(words);
    if (name == "linux" || name == "initrd") return load(words);
    if (name == "configfile" && words.size() == 2) return change_to(words[1]);
    if ((name == "source" || name == ".") && words.size() == 2) {
      read_script(words[1]);
      return true;
    }
    if (std::ranges::find(k_silent, name) == k_silent.end()) throw NotFollowed();
    return true;
  }

  /// Another configuration with a menu of its own, from which nobody comes back: what follows is
  /// executed only when there is no menu in it.
  bool change_to(const std::string& path) {
    if (!entry_.empty()) throw NotFollowed();
    entries_.clear();
    std::erase_if(variables_, [](const auto& variable) {
      return std::ranges::find(k_exported, variable.first) == k_exported.end();
    });
    read_script(path);
    is_left_ = true;
    return true;
  }

  bool set(const std::string& word) {
    const std::size_t end = word.find('=');
    if (end == std::string::npos) throw NotFollowed();
    const std::string name = word.substr(0, end);
    variables_[name] = word.substr(end + 1);
    if (name == "prefix") require_no_modules();
    return true;
  }

  /// "[ -z A -o ! -e B ]": what configurations ask.
  bool test(const Words& words) const {
    if (words.back() != "]") throw NotFollowed();
    bool is_right = false;
    std::size_t at = 1;
    while (true) {
      is_right = operand(words, at) || is_right;
      if (at + 1 == words.size()) return is_right;
      if (words[at++] != "-o") throw NotFollowed();
    }
  }

  bool operand(const Words& words, std::size_t& at) const {
    bool is_negated = false;
    for (; at < words.size() && words[at] == "!"; ++at)
      is_negated = !is_negated;
    if (words.size() - at < 3) throw NotFollowed();
    const std::string& asked = words[at];
    const std::string& value = words[at + 1];
    at += 2;
    if (asked == "-z" || asked == "-n") return (value.empty() == (asked == "-z")) != is_negated;
    if (asked != "-e") throw NotFollowed();
    const Place place = place_of(value);
    if (place.files == nullptr && has_unread_partition()) throw NotFollowed();
    return (place.files != nullptr && place.files->find(place.path).has_value()) != is_negated;
  }

  bool search(const Words& words) {
    // By a file is not followed: GRUB opens it to see whether it is there, and measures it.
    const auto asked = search_in(words);
    if (!asked) throw NotFollowed();
    std::optional<std::string> found;
    for (const inspect::OpenedPartition& partition : image_.partitions()) {
      if (!partition.files) continue;
      const disk::FilesystemFacts facts = partition.files->facts();
      const bool is_it = asked->by == GrubSearch::By::label
                             ? facts.label == asked->value
                             : base::to_lower(facts.uuid) == base::to_lower(asked->value);
      if (!is_it) continue;
      // Which of two it takes is up to hints.
      if (found) throw NotFollowed();
      found = device_of(partition);
    }
    if (found) variables_["root"] = *found;
    if (!found && has_unread_partition()) throw NotFollowed();
    return found.has_value();
  }

  bool add_entry(const Words& words, const Script& body) {
    const auto entry = menu_entry_in(words);
    if (!entry) throw NotFollowed();
    entries_.push_back({entry->parameters, entry->id, body});
    return true;
  }

  void start_entry(const std::string& wanted_entry) {
    const auto setting = variables_.find("default");
    const std::string wanted = !wanted_entry.empty()         ? wanted_entry
                               : setting != variables_.end() ? setting->second
                                                             : "0";
    for (std::size_t index = 0; index < entries_.size(); ++index) {
      const MenuEntry& found = entries_[index];
      if (found.id != wanted && std::to_string(index) != wanted) continue;
      entry_ = found.id;
      log_.add(8, "EV_IPL", "command setparams", "setparams " + base::join(found.parameters, " "));
      is_left_ = false;
      run(found.body);
      return;
    }
    throw NotFollowed();
  }

  bool load(const Words& words) {
    const bool is_kernel = words.front() == "linux";
    const std::size_t count = is_kernel ? 1 : words.size() - 1;
    if (words.size() < 2) throw NotFollowed();
    for (std::size_t index = 1; index <= count; ++index) {
      const std::string content = read(words[index], k_largest_file);
      if (is_kernel && machine_.is_secure()) ask_shim(content, words[index]);
    }
    if (is_kernel) {
      Words line;
      for (std::size_t index = 1; index < words.size(); ++index)
        line.push_back(loader_text(words[index]));
      log_.add(8, "EV_IPL", "command line of the kernel", base::join(line, " "));
    }
    return true;
  }

  /// When it is opened, and when it is loaded.
  void ask_shim(const std::string& kernel, const std::string& name) {
    const EfiProgram program(kernel, name);
    for (int time = 0; time < 2; ++time)
      machine_.shim->measure(program, name, &*machine_.secure_boot, log_);
  }

  const inspect::OpenedImage& image_;
  Machine& machine_;
  EventLog& log_;
  std::map<std::string, std::string> variables_;
  std::vector<MenuEntry> entries_;
  std::string entry_;
  bool is_left_ = false; ///< for another configuration, whose menu is shown
  int file_count_ = 0;
};

} // namespace

bool is_grub(const EfiProgram& program) {
  const auto section = program.find(".sbat");
  return section && section->stored.find("\ngrub,") != std::string_view::npos;
}

std::string measure_grub(const inspect::OpenedImage& image, const EfiProgram& program,
                         std::string_view bytes, const std::string& wanted_entry,
                         Machine& machine) {
  const auto give_up = [&](const std::string& why) {
    for (const std::uint32_t pcr : {8U, 9U})
      machine.log.give_up(pcr, why);
  };
  if (machine.is_secure()) {
    const bool asks_again = std::ranges::all_of(k_asks_again, [&](std::string_view words) {
      return bytes.find(words) != std::string_view::npos;
    });
    if (!machine.shim || !asks_again) {
      const std::string why =
          machine.shim ? "how this GRUB starts a kernel under Secure Boot is not known here"
                       : "GRUB starts a kernel under Secure Boot with the help of shim alone";
      for (const std::uint32_t pcr : {4U, 7U})
        machine.log.give_up(pcr, why);
      give_up(why);
      return "";
    }
  }
  // The firmware loads the kernel for it; the TPM of a booted machine has other values in these
  // registers than what is followed below.
  if (program.is_arm64()) {
    const std::string why = "how GRUB starts a kernel on ARM64 is not followed here";
    machine.log.give_up(4, why);
    give_up(why);
    return "";
  }
  // Later ones let the firmware load the kernel, which measures it then.
  if (program.find(".sbat")->stored.find(k_known_version) == std::string_view::npos)
    machine.log.give_up(4, "whether this GRUB lets the firmware measure the kernel is not known "
                           "here");
  const auto built_in = grub_program_in(program);
  Follower follower(image, machine);
  try {
    if (!built_in) throw NotFollowed();
    follower.follow(*built_in, wanted_entry);
  } catch (const NotFollowed&) {
    give_up("GRUB's configuration does more than start a kernel from a menu");
  }
  return follower.entry();
}

} // namespace imagewright::measure
