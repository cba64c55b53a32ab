// SPDX-License-Identifier: MIT
#include "existing_loaders.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "../content.hpp"
#include "argument_text.hpp"
#include "base_boot_files.hpp"
#include "pe_image.hpp"

namespace imagewright::finalize::boot_loaders {

namespace {

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

/// Edits every file that has command lines; `edit` gives none for one that has no kernel's.
template <typename Edit>
std::size_t change_files(const fs::RootDir& files,
                         void (*for_each)(const fs::RootDir&, const BootFileVisitor&), Edit edit,
                         const CommandLineChange& change, Vain& vain) {
  std::size_t count = 0;
  for_each(files, [&](const std::string& path, const std::string& text) {
    const std::optional<std::string> edited = edit(text, change);
    if (!edited) return;
    vain.look_into(text, [&](const std::string& before, const CommandLineChange& alone) {
      return *edit(before, alone);
    });
    store_boot_file(files, path, *edited);
    ++count;
  });
  return count;
}

/// What menus and entries name instead of saying it.
std::set<std::string> used_variables(const fs::RootDir& files) {
  std::set<std::string> names;
  for_each_menu(files, [&](const std::string&, const std::string& text) {
    names.merge(variables_in_menu(text));
  });
  for_each_entry(files, [&](const std::string&, const std::string& text) {
    names.merge(variables_in_entry(text));
  });
  // GRUB's command blscfg takes the one where the other is not set.
  if (names.contains("kernelopts")) names.insert("default_kernelopts");
  return names;
}

/// What goes from command lines goes from where parts of them are kept, too: it would come back
/// behind what was put in its place.
void change_variables(const fs::RootDir& files, const CommandLineChange& change, Vain& vain) {
  const std::set<std::string> names = used_variables(files);
  if (names.empty()) return;
  const auto in_menu = [&](const std::string& text, const CommandLineChange& own) {
    return without_dropped(text, names, own);
  };
  const auto in_environment = [&](const std::string& text, const CommandLineChange& own) {
    return edited_environment(text, names, own).value_or(text);
  };
  const auto change_by = [&](const auto& edit) {
    return [&](const std::string& path, const std::string& text) {
      vain.look_into(text, edit);
      const std::string edited = edit(text, change);
      if (edited != text) store_boot_file(files, path, edited);
    };
  };
  for_each_menu(files, change_by(in_menu));
  for_each_environment(files, change_by(in_environment));
}

constexpr std::string_view k_line_section = ".cmdline";

/// The image itself, or those of its addons that hold a part of its command line (systemd-stub(7)).
std::vector<std::string> line_files(const fs::RootDir& files, const std::string& image) {
  if (section_of(read_large(files, image), k_line_section, image)) return {image};
  std::vector<std::string> addons;
  const std::string directory = image + ".extra.d";
  for (const std::string& name : files.list(directory)) {
    const std::string path = directory + "/" + name;
    if (!base::to_lower(name).ends_with(".addon.efi")) continue;
    if (section_of(read_large(files, path), k_line_section, path)) addons.push_back(path);
  }
  return addons;
}

/// Of several parts, which are one to the kernel, the last is given the new words.
std::size_t change_unified(const fs::RootDir& files, const CommandLineChange& change, Vain& vain) {
  std::size_t count = 0;
  for_each_unified_kernel(files, [&](const std::string& image) {
    const std::vector<std::string> parts = line_files(files, image);
    for (const std::string& path : parts) {
      CommandLineChange own = change;
      if (path != parts.back()) {
        own.lasting.clear();
        own.appended.clear();
      }
      std::string program = read_large(files, path);
      std::string line = *section_of(program, k_line_section, path);
      while (line.ends_with('\0') || line.ends_with('\n'))
        line.pop_back();
      vain.look_into(line, edited_line);
      const std::string edited = edited_line(line, own);
      if (edited != line)
        store_boot_file(files, path,
                        with_changed_section(std::move(program), {k_line_section, edited}, path));
      ++count;
    }
  });
  return count;
}

constexpr const char* k_defaults = "/etc/default/grub";
constexpr const char* k_more_defaults = "/etc/default/grub.d";

/// Words come into the last file that sets their variable anew: an earlier one is forgotten.
void change_defaults(const fs::RootDir& files, const CommandLineChange& change) {
  const auto defaults = files.find_content(k_defaults);
  std::vector<std::string> paths{k_defaults};
  for (const std::string& name : files.list(k_more_defaults)) {
    if (name.ends_with(".cfg")) paths.push_back(std::string(k_more_defaults) + "/" + name);
  }
  std::ranges::sort(paths.begin() + 1, paths.end());
  // Where nobody reads the directory, nothing may come into it.
  const bool is_read = defaults && defaults->find(k_more_defaults) != std::string::npos;
  std::string lasting = k_defaults;
  std::string usual = k_defaults;
  for (auto path = paths.begin() + 1; is_read && path != paths.end(); ++path) {
    const AddedWords anew = variables_set_anew(files.read(*path));
    if (anew.lasting) lasting = *path;
    if (anew.usual) usual = *path;
  }
  for (const std::string& path : paths) {
    const auto text = files.find_content(path);
    if (!text) continue;
    const std::string edited =
        edited_defaults(*text, change, {.lasting = path == lasting, .usual = path == usual});
    if (edited != *text) store_boot_file(files, path, edited);
  }
}

} // namespace

void refuse_unified(const fs::RootDir& files) {
  for_each_unified_kernel(files, [](const std::string& path) {
    throw base::Error(base::FailureKind::input, "finalize.unified-kernel",
                      base::quoted(path) +
                          " is a kernel with initramfs and command line in it, and the config "
                          "does not say what may become of such files",
                      "set os.uki.mode: modify to change command lines in them, or create to make "
                      "them anew with other kernels");
  });
}

void change_command_lines(const fs::RootDir& files, const CommandLineChange& change,
                          UnifiedKernels unified) {
  if (unified == UnifiedKernels::kept) refuse_unified(files);
  Vain vain(change);
  std::size_t count = change_files(files, for_each_menu, edited_menu, change, vain);
  count += change_files(files, for_each_entry, edited_entry, change, vain);
  count += change_unified(files, change, vain);
  if (count == 0) {
    throw base::Error(base::FailureKind::input, "finalize.no-command-line",
                      "the base has no menu of GRUB and no boot loader entry with a kernel's "
                      "command line",
                      "leave kernel arguments and the SELinux mode as the base has them");
  }
  change_variables(files, change, vain);
  vain.refuse();
  change_defaults(files, change);
  if (const auto line = files.find_content("/etc/kernel/cmdline"))
    store_boot_file(files, "/etc/kernel/cmdline", edited_line(*line, change));
}

std::vector<std::string> command_line_files(const fs::RootDir& files) {
  std::vector<std::string> found{"/etc/default/grub", "/etc/kernel/cmdline"};
  const auto note = [&](const std::string& path, const std::string&) { found.push_back(path); };
  for_each_menu(files, note);
  for_each_entry(files, note);
  for_each_unified_kernel(files, [&](const std::string& image) {
    for (std::string& path : line_files(files, image))
      found.push_back(std::move(path));
  });
  return found;
}

} // namespace imagewright::finalize::boot_loaders
