// SPDX-License-Identifier: MIT
#include "existing_loaders.hpp"

#include <array>
#include <optional>
#include <set>

#include <fcntl.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "argument_text.hpp"

namespace imagewright::finalize::boot_loaders {

namespace {

constexpr std::array k_boot_directories = {"/boot/efi", "/efi", "/boot"};
constexpr std::array k_menus = {"/boot/grub2/grub.cfg", "/boot/grub/grub.cfg",
                                "/boot/efi/EFI/BOOT/grub.cfg"};

/// A file that may have several of the names, by links.
class Places {
public:
  explicit Places(const fs::RootDir& files) : files_(files) {}

  bool is_new(const std::string& path) {
    return seen_.insert(files_.real_path(files_.open(path, O_PATH))).second;
  }

private:
  const fs::RootDir& files_;
  std::set<std::string> seen_;
};

void store(const fs::RootDir& files, const std::string& path, const std::string& text) {
  const std::string real = files.real_path(files.open(path, O_PATH));
  files.write(real, text, files.find_target_status(real)->permissions);
}

/// What is to be dropped and stood on no command line yet.
class Vain {
public:
  explicit Vain(const CommandLineChange& change) : left_(change.dropped) {}

  /// With an edit that the text's own rules make.
  template <typename Edit>
  void look_into(const std::string& text, Edit edit) {
    std::erase_if(left_, [&](const model::LocatedText& entry) {
      CommandLineChange alone;
      alone.dropped.push_back(entry);
      return edit(text, alone) != text;
    });
  }

  void refuse() const {
    if (left_.empty()) return;
    base::Diagnostics mistakes;
    for (const model::LocatedText& entry : left_)
      mistakes.error("finalize.nothing-to-remove",
                     "no kernel command line of the base has " + base::quoted(entry.text),
                     entry.where, "imagewright inspect shows the command lines; remove the entry");
    throw base::InputError(std::move(mistakes));
  }

private:
  std::vector<model::LocatedText> left_;
};

std::size_t change_menus(const fs::RootDir& files, Places& places, const CommandLineChange& change,
                         Vain& vain) {
  std::size_t count = 0;
  for (const char* path : k_menus) {
    const auto menu = files.find_content(path);
    if (!menu || !places.is_new(path)) continue;
    if (const auto edited = edited_menu(*menu, change)) {
      vain.look_into(*menu, [](const std::string& text, const CommandLineChange& alone) {
        return *edited_menu(text, alone);
      });
      store(files, path, *edited);
      ++count;
    }
  }
  return count;
}

std::size_t change_entries(const fs::RootDir& files, Places& places,
                           const CommandLineChange& change, Vain& vain) {
  std::size_t count = 0;
  for (const std::string directory : k_boot_directories) {
    const std::string place = directory + "/loader/entries";
    for (const std::string& name : files.list(place)) {
      const std::string path = place + "/" + name;
      if (!name.ends_with(".conf") || !places.is_new(path)) continue;
      const std::string entry = files.read(path);
      if (const auto edited = edited_entry(entry, change)) {
        vain.look_into(entry, [](const std::string& text, const CommandLineChange& alone) {
          return *edited_entry(text, alone);
        });
        store(files, path, *edited);
        ++count;
      }
    }
  }
  return count;
}

} // namespace

void refuse_unified(const fs::RootDir& files) {
  for (const std::string directory : k_boot_directories) {
    const std::string place = directory + "/EFI/Linux";
    for (const std::string& name : files.list(place)) {
      if (!base::to_lower(name).ends_with(".efi")) continue;
      throw base::Error(
          base::FailureKind::input, "finalize.unified-kernel",
          base::quoted(place + "/" + name) +
              " holds its command line itself, and such a file cannot be made anew here",
          "leave kernel arguments and the SELinux mode as the base has them, or compose the image "
          "anew");
    }
  }
}

void change_command_lines(const fs::RootDir& files, const CommandLineChange& change) {
  refuse_unified(files);
  Places places(files);
  Vain vain(change);
  std::size_t count = change_menus(files, places, change, vain);
  count += change_entries(files, places, change, vain);
  if (count == 0) {
    throw base::Error(base::FailureKind::input, "finalize.no-command-line",
                      "the base has no menu of GRUB and no boot loader entry with a kernel's "
                      "command line",
                      "leave kernel arguments and the SELinux mode as the base has them");
  }
  vain.refuse();
  if (const auto defaults = files.find_content("/etc/default/grub"))
    store(files, "/etc/default/grub", edited_defaults(*defaults, change));
  if (const auto line = files.find_content("/etc/kernel/cmdline"))
    store(files, "/etc/kernel/cmdline", edited_line(*line, change));
}

} // namespace imagewright::finalize::boot_loaders
