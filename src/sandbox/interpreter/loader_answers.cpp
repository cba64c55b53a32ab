// SPDX-License-Identifier: MIT
#include "loader_answers.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "elf_file.hpp"

namespace imagewright::sandbox {

namespace {

constexpr std::string_view k_trace = "LD_TRACE_LOADED_OBJECTS=";
constexpr std::string_view k_address = " (0x0000000000000000)\n";
constexpr std::size_t k_most_objects = 1024;

bool is_traced(const LoaderQuestion& question) {
  return std::ranges::any_of(question.environment, [](const std::string& variable) {
    return variable.starts_with(k_trace) && variable.size() > k_trace.size();
  });
}

/// Nothing tells the loader to look elsewhere, or to say more.
bool is_plain(const LoaderQuestion& question) {
  return std::ranges::none_of(question.environment, [](const std::string& variable) {
    if (variable.starts_with("GLIBC_TUNABLES=")) return true;
    return variable.starts_with("LD_") && !variable.ends_with('=') &&
           !variable.starts_with(k_trace);
  });
}

/// The loader has it as one text.
std::optional<LoaderAnswer> version_of(std::string_view loader) {
  constexpr std::string_view k_beginning = "ld.so (";
  const std::size_t start = loader.find(k_beginning);
  if (start == std::string_view::npos) return std::nullopt;
  const std::size_t end = loader.find('\0', start);
  if (end == std::string_view::npos) return std::nullopt;
  std::string text(loader.substr(start, end - start));
  const bool is_whole = text.find(" release version ") != std::string::npos &&
                        text.ends_with('\n') && text.find('%') == std::string::npos;
  return is_whole ? std::optional(LoaderAnswer{.text = std::move(text)}) : std::nullopt;
}

/// 0: a program, 2: a library, 1: neither.
std::optional<LoaderAnswer> verified(const std::string& path, std::uint16_t machine) {
  const MappedFile file(path);
  if (!file.is_there()) return std::nullopt;
  if (!file.bytes().starts_with("\177ELF")) return LoaderAnswer{.text = {}, .status = 1};
  const auto elf = read_elf(file.bytes());
  if (!elf || elf->machine != machine) return std::nullopt;
  if (!elf->is_dynamic) return LoaderAnswer{.text = {}, .status = 1};
  return LoaderAnswer{.text = {}, .status = elf->interpreter.empty() ? 2 : 0};
}

/// Follows what a program needs, breadth first, as the loader does.
class Tracer {
public:
  Tracer(const LoaderQuestion& question, std::string loader_name, std::uint16_t machine)
      : question_(question), loader_name_(std::move(loader_name)), machine_(machine),
        cache_("/etc/ld.so.cache") {}

  std::optional<LoaderAnswer> trace(const std::string& path) {
    const MappedFile main(path);
    const auto elf = main.is_there() ? read_elf(main.bytes()) : std::nullopt;
    if (!elf || elf->machine != machine_ || elf->needed.empty() || elf->is_unusual)
      return std::nullopt;
    interpreter_ = elf->interpreter;
    names_.insert(elf->name);
    std::vector<ElfFile> objects{*elf};
    for (std::size_t index = 0; index < objects.size(); ++index) {
      const ElfFile object = objects[index];
      for (const std::string& name : object.needed) {
        if (!add(name, object, objects) || objects.size() > k_most_objects) return std::nullopt;
      }
    }
    return LoaderAnswer{.text = std::move(text_)};
  }

private:
  bool add(const std::string& name, const ElfFile& from, std::vector<ElfFile>& objects) {
    if (name.empty() || name.find_first_of("/$") != std::string::npos) return false;
    if (!names_.insert(name).second) return true;
    if (name == loader_name_) {
      const bool has_other_name = !interpreter_.empty() && interpreter_ != question_.called;
      text_ += "\t" + (has_other_name ? interpreter_ + " => " : "") + question_.called;
      text_ += k_address;
      return true;
    }
    const auto path = find(name, from);
    if (!path) return false;
    const MappedFile file(*path);
    const auto elf = file.is_there() ? read_elf(file.bytes()) : std::nullopt;
    if (!elf || elf->machine != machine_ || elf->is_unusual) return false;
    // Under another name it is there already.
    const bool is_new = files_.insert({file.status().st_dev, file.status().st_ino}).second;
    if (!elf->name.empty() && elf->name != name && !names_.insert(elf->name).second) return is_new;
    if (!is_new) return true;
    text_ += "\t" + name + " => " + *path;
    text_ += k_address;
    objects.push_back(*elf);
    return true;
  }

  std::optional<std::string> find(const std::string& name, const ElfFile& from) const {
    std::string_view rest = from.run_path;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(':'), rest.size());
      const std::string directory(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!is_simple(directory)) return std::nullopt;
      std::string path = directory + "/" + name;
      if (::access(path.c_str(), F_OK) == 0) return path;
    }
    return find_in_cache(cache_.bytes(), name, machine_);
  }

  /// Without variables, and without folders for kinds of processors.
  static bool is_simple(const std::string& directory) {
    constexpr std::array k_kinds{"glibc-hwcaps", "tls", "atomics", "aarch64", "x86_64", "haswell"};
    if (!directory.starts_with('/') || directory.find('$') != std::string::npos) return false;
    return std::ranges::none_of(k_kinds, [&](const char* kind) {
      return ::access((directory + "/" + kind).c_str(), F_OK) == 0;
    });
  }

  const LoaderQuestion& question_;
  std::string loader_name_;
  std::uint16_t machine_;
  MappedFile cache_;
  std::string interpreter_;
  std::set<std::string> names_; ///< by which something is known already
  std::set<std::pair<dev_t, ino_t>> files_;
  std::string text_;
};

bool has_preloads() {
  return ::access("/etc/ld.so.preload", F_OK) == 0;
}

} // namespace

std::optional<LoaderAnswer> answer_of_loader(const LoaderQuestion& question) {
  const auto& words = question.arguments;
  const bool is_version = words.size() == 1 && words[0] == "--version";
  const bool is_verify = words.size() == 2 && words[0] == "--verify";
  const bool is_trace = words.size() == 1 && !words[0].starts_with('-') && is_traced(question);
  if (!(is_version || is_verify || is_trace) || !is_plain(question)) return std::nullopt;
  const MappedFile file(question.loader);
  const auto loader = file.is_there() ? read_elf(file.bytes()) : std::nullopt;
  // By no other name is it known to answer like this.
  if (!loader || !loader->interpreter.empty() || !loader->name.starts_with("ld-linux"))
    return std::nullopt;
  if (is_version) return version_of(file.bytes());
  if (is_verify) return verified(words[1], loader->machine);
  if (has_preloads() || words[0].find('/') == std::string::npos) return std::nullopt;
  return Tracer(question, loader->name, loader->machine).trace(words[0]);
}

} // namespace imagewright::sandbox
