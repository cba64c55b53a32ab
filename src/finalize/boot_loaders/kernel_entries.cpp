// SPDX-License-Identifier: MIT
#include "kernel_entries.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "../boot_paths.hpp"
#include "base_boot_files.hpp"
#include "existing_loaders.hpp"

namespace imagewright::finalize::boot_loaders {

namespace {

bool is_word_letter(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
         (letter >= 'A' && letter <= 'Z');
}

/// Whether a release ends here: what follows is no part of a longer one.
bool ends_release(std::string_view rest) {
  if (rest.empty()) return true;
  for (const std::string_view end : {".img", ".conf", ".efi", ".gz", "+"}) {
    if (rest.starts_with(end)) return true;
  }
  return !is_word_letter(rest.front()) &&
         std::string_view(".-_~^").find(rest.front()) == std::string_view::npos;
}

std::size_t find_release(std::string_view text, std::string_view release, std::size_t from) {
  for (std::size_t at = text.find(release, from); at != std::string_view::npos;
       at = text.find(release, at + 1)) {
    const bool is_begun = at == 0 || !(is_word_letter(text[at - 1]) || text[at - 1] == '.');
    if (is_begun && ends_release(text.substr(at + release.size()))) return at;
  }
  return std::string_view::npos;
}

bool has_release(std::string_view text, std::string_view release) {
  return find_release(text, release, 0) != std::string_view::npos;
}

std::string first_word(std::string_view line) {
  const std::string_view text = base::trimmed(line);
  return std::string(text.substr(0, text.find_first_of(" \t")));
}

/// The first argument of a line's command, as it stands.
std::string first_argument(std::string_view line) {
  std::string_view text = base::trimmed(line);
  const std::size_t blank = text.find_first_of(" \t");
  if (blank == std::string_view::npos) return {};
  text = base::trimmed(text.substr(blank));
  return std::string(text.substr(0, text.find_first_of(" \t")));
}

/// Braces that count: not those in quotes, comments or names of variables.
int depth_change(std::string_view line) {
  int change = 0;
  char quote = '\0';
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char letter = line[at];
    if (quote != '\0') {
      if (letter == '\\' && quote == '"')
        ++at;
      else if (letter == quote)
        quote = '\0';
    } else if (letter == '\'' || letter == '"') {
      quote = letter;
    } else if (letter == '\\') {
      ++at;
    } else if (letter == '#' && (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t')) {
      break;
    } else if (letter == '$' && at + 1 < line.size() && line[at + 1] == '{') {
      at = std::min(line.find('}', at), line.size());
    } else if (letter == '{') {
      ++change;
    } else if (letter == '}') {
      --change;
    }
  }
  return change;
}

/// A stretch of a menu: an entry, or a line that belongs to none.
struct Piece {
  std::string text;
  std::string kernel; ///< the line that loads it; empty: no entry
};

std::vector<Piece> pieces_of(std::string_view menu) {
  std::vector<Piece> pieces;
  bool is_in_entry = false;
  int depth = 0;
  for (std::size_t at = 0; at < menu.size();) {
    const std::size_t end = std::min(menu.find('\n', at), menu.size() - 1) + 1;
    const std::string_view line = menu.substr(at, end - at);
    at = end;
    if (!is_in_entry) {
      pieces.push_back({std::string(line), {}});
      depth = 0;
      if (first_word(line) != "menuentry") continue;
      depth = depth_change(line);
      is_in_entry = depth > 0;
      continue;
    }
    Piece& entry = pieces.back();
    entry.text += line;
    if (loads_kernel(first_word(line)) && entry.kernel.empty()) entry.kernel = line;
    depth += depth_change(line);
    is_in_entry = depth > 0;
  }
  return pieces;
}

/// The file that a path of a boot loader means, which is of the filesystem that it reads.
std::optional<std::string> find_file(const fs::RootDir& files, const std::string& path) {
  for (const char* directory : {"", "/boot", "/boot/efi", "/efi"}) {
    if (files.exists(directory + path)) return directory + path;
  }
  return std::nullopt;
}

class KernelAdder {
public:
  KernelAdder(const fs::RootDir& files, const std::string& from, const std::string& to,
              const std::string& image)
      : files_(files), from_(from), to_(to), image_(image) {}

  /// Every file that lines of an entry name.
  void place_files(std::string_view entry) {
    for (const std::string& line : base::split(entry, '\n')) {
      const std::string path = first_argument(line);
      if (!has_release(path, from_)) continue;
      const auto known = find_file(files_, path);
      if (!known) continue;
      const std::string wanted = with_release(*known, from_, to_);
      if (loads_kernel(first_word(line)) && !files_.exists(wanted))
        copy_boot_file(files_, image_, wanted);
      if (loads_initramfs(first_word(line))) initramfs_.insert(wanted);
    }
  }

  std::vector<std::string> initramfs() const { return {initramfs_.begin(), initramfs_.end()}; }

private:
  const fs::RootDir& files_;
  const std::string& from_;
  const std::string& to_;
  const std::string& image_;
  std::set<std::string> initramfs_;
};

std::string kernel_line_of(std::string_view entry) {
  for (const std::string& line : base::split(entry, '\n')) {
    if (loads_kernel(first_word(line))) return line;
  }
  return {};
}

struct Entry {
  std::string path;
  std::string text;
};

std::vector<Entry> entries_of(const fs::RootDir& files, const std::string& release) {
  std::vector<Entry> entries;
  for_each_entry(files, [&](const std::string& path, const std::string& text) {
    if (has_release(kernel_line_of(text), release)) entries.push_back({path, text});
  });
  return entries;
}

/// Which entry the loader starts by itself may be told by its name.
void renew_default(const fs::RootDir& files, const std::string& from, const std::string& to) {
  for_each_loader_setting(files, [&](const std::string& path, const std::string& text) {
    if (has_release(text, from)) store_boot_file(files, path, with_release(text, from, to));
  });
}

bool add_entries(const fs::RootDir& files, const std::string& from, const std::string& to,
                 KernelAdder& adder) {
  const std::vector<Entry> entries = entries_of(files, from);
  for (const Entry& entry : entries) {
    adder.place_files(entry.text);
    const std::size_t slash = entry.path.rfind('/') + 1;
    const std::string name = entry.path.substr(slash);
    const std::string renamed = with_release(name, from, to);
    files.write(entry.path.substr(0, slash) + (renamed == name ? to + "-" + name : renamed),
                with_release(entry.text, from, to),
                files.find_target_status(entry.path)->permissions);
  }
  if (!entries.empty()) renew_default(files, from, to);
  return !entries.empty();
}

bool add_to_menus(const fs::RootDir& files, const std::string& from, const std::string& to,
                  KernelAdder& adder) {
  bool is_added = false;
  for_each_menu(files, [&](const std::string& path, const std::string& menu) {
    for (const Piece& piece : pieces_of(menu)) {
      if (has_release(piece.kernel, from)) adder.place_files(piece.text);
    }
    const std::string edited = menu_with_kernel(menu, from, to);
    if (edited == menu) return;
    store_boot_file(files, path, edited);
    is_added = true;
  });
  return is_added;
}

/// Files that only entries of a kernel named, which is gone.
void remove_files(const fs::RootDir& files, std::string_view entry, const std::string& release) {
  for (const std::string& line : base::split(entry, '\n')) {
    if (!loads_kernel(first_word(line)) && !loads_initramfs(first_word(line))) continue;
    const std::string path = first_argument(line);
    if (!has_release(path, release)) continue;
    if (const auto known = find_file(files, path)) files.remove(*known);
  }
}

} // namespace

std::string with_release(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  std::size_t done = 0;
  for (std::size_t at = find_release(text, from, 0); at != std::string_view::npos;
       at = find_release(text, from, done)) {
    result += text.substr(done, at - done);
    result += to;
    done = at + from.size();
  }
  return result + std::string(text.substr(done));
}

std::string menu_with_kernel(std::string_view menu, const std::string& from,
                             const std::string& to) {
  std::string edited;
  for (const Piece& piece : pieces_of(menu)) {
    if (has_release(piece.kernel, from)) edited += with_release(piece.text, from, to);
    edited += piece.text;
  }
  return edited;
}

std::string menu_without_kernel(std::string_view menu, const std::string& release) {
  std::string edited;
  for (const Piece& piece : pieces_of(menu)) {
    if (!has_release(piece.kernel, release)) edited += piece.text;
  }
  return edited;
}

std::vector<std::string> add_kernel(const fs::RootDir& files, const std::string& release,
                                    const std::string& image,
                                    const std::vector<std::string>& known) {
  refuse_unified(files);
  for (const std::string& from : known) {
    KernelAdder adder(files, from, release, image);
    const bool has_entries = add_entries(files, from, release, adder);
    const bool has_menus = add_to_menus(files, from, release, adder);
    if (has_entries || has_menus) return adder.initramfs();
  }
  throw base::Error(base::FailureKind::input, "finalize.no-kernel-entry",
                    "no entry of the base's boot loader starts a kernel of the base, so that none "
                    "can be made for " +
                        base::quoted(release) + " after its example",
                    "leave the kernel's packages as they are, or compose the image anew");
}

std::vector<std::string> initramfs_of(const fs::RootDir& files, const std::string& release) {
  refuse_unified(files);
  std::set<std::string> paths;
  const auto look = [&](std::string_view entry) {
    for (const std::string& line : base::split(entry, '\n')) {
      if (!loads_initramfs(first_word(line))) continue;
      if (const auto known = find_file(files, first_argument(line))) paths.insert(*known);
    }
  };
  for (const Entry& entry : entries_of(files, release))
    look(entry.text);
  for_each_menu(files, [&](const std::string&, const std::string& menu) {
    for (const Piece& piece : pieces_of(menu)) {
      if (has_release(piece.kernel, release)) look(piece.text);
    }
  });
  if (paths.empty())
    throw base::Error(base::FailureKind::input, "finalize.no-kernel-entry",
                      "no entry of the base's boot loader names an initramfs of the kernel " +
                          base::quoted(release) + ", so that it cannot be made anew",
                      "set the boot loader up anew with os.bootloader.resetType: hard-reset");
  return {paths.begin(), paths.end()};
}

void remove_kernel(const fs::RootDir& files, const std::string& release) {
  refuse_unified(files);
  for (const Entry& entry : entries_of(files, release)) {
    remove_files(files, entry.text, release);
    files.remove(entry.path);
  }
  for_each_menu(files, [&](const std::string& path, const std::string& menu) {
    for (const Piece& piece : pieces_of(menu)) {
      if (has_release(piece.kernel, release)) remove_files(files, piece.text, release);
    }
    const std::string edited = menu_without_kernel(menu, release);
    if (edited != menu) store_boot_file(files, path, edited);
  });
}

} // namespace imagewright::finalize::boot_loaders
