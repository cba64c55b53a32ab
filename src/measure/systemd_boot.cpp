// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "boot_chain.hpp"

namespace imagewright::measure {

namespace {

constexpr base::ByteSize k_largest_text = base::ByteSize::mib(1);
constexpr base::ByteSize k_largest_program = base::ByteSize::mib(512);
constexpr std::string_view k_configuration = "/loader/loader.conf";
constexpr std::string_view k_texts = "/loader/entries";
constexpr std::string_view k_programs = "/EFI/Linux";
/// The first release that measures its configuration.
constexpr unsigned k_measures_configuration = 255;

/// Values of a key in a file of lines "KEY VALUE".
std::vector<std::string> values_of(std::string_view text, std::string_view key) {
  std::vector<std::string> values;
  for (const std::string& line : base::split(text, '\n')) {
    const std::string_view trimmed = base::trimmed(line);
    const std::size_t end = trimmed.find_first_of(" \t");
    if (end == std::string_view::npos || trimmed.substr(0, end) != key) continue;
    values.emplace_back(base::trimmed(trimmed.substr(end)));
  }
  return values;
}

std::vector<std::string> entries_in(const disk::FilesystemReader& esp) {
  std::vector<std::string> paths;
  const auto add = [&](std::string_view directory, std::string_view ending) {
    for (const std::string& name : esp.list(directory).value_or(std::vector<std::string>())) {
      if (base::to_lower(name).ends_with(ending))
        paths.push_back(std::string(directory) + "/" + name);
    }
  };
  add(k_texts, ".conf");
  add(k_programs, ".efi");
  return paths;
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string chosen_entry(const std::vector<std::string>& entries, const std::string& wanted,
                         const std::string& configuration) {
  const auto find = [&](const std::string& name) {
    return std::ranges::find(entries, name, &name_of);
  };
  std::vector<std::string> names;
  for (const std::string& entry : entries)
    names.push_back(name_of(entry));
  if (!wanted.empty()) {
    if (const auto found = find(wanted); found != entries.end()) return *found;
    throw base::Error(base::FailureKind::input, "measure.no-entry",
                      fmt::format("the boot loader has no entry {}", base::quoted(wanted)),
                      names.empty() ? "it has none at all"
                                    : "entries are " + base::join(names, ", "));
  }
  if (entries.empty()) {
    throw base::Error(base::FailureKind::input, "measure.no-entry",
                      "the boot loader has no entry that starts a system",
                      "see what \"imagewright inspect\" says about the image");
  }
  if (entries.size() == 1) return entries.front();
  for (const std::string& name : values_of(configuration, "default")) {
    if (const auto found = find(name); found != entries.end()) return *found;
  }
  throw base::Error(base::FailureKind::input, "measure.several-entries",
                    fmt::format("the boot loader has {} entries, and which of them starts by "
                                "itself is its own choice",
                                entries.size()),
                    "choose one with --entry: " + base::join(names, ", "));
}

std::string content(const disk::FilesystemReader& esp, const std::string& path,
                    const std::string& named_by) {
  auto bytes = esp.read(path, k_largest_program);
  if (bytes) return std::move(*bytes);
  throw base::Error(base::FailureKind::input, "measure.no-program",
                    fmt::format("{}, which {} names, is not on the EFI system partition",
                                base::quoted(path), base::quoted(named_by)),
                    "the image would not start either");
}

/// Type 1 of the UAPI group's Boot Loader Specification.
void measure_text_entry(const disk::FilesystemReader& esp, const std::string& path,
                        Machine& machine) {
  EventLog& log = machine.log;
  const std::string text = content(esp, path, path);
  const auto kernels = values_of(text, "linux");
  if (kernels.empty()) {
    for (const std::uint32_t pcr : {4U, 9U, 12U})
      log.give_up(pcr, base::quoted(path) + " starts something that is no Linux");
    return;
  }
  std::string initramfs;
  std::string words;
  for (const std::string& name : values_of(text, "initrd")) {
    initramfs += content(esp, name, path);
    std::string backward = name;
    std::ranges::replace(backward, '/', '\\');
    words += (words.empty() ? "initrd=" : " initrd=") + backward;
  }
  for (const std::string& options : values_of(text, "options"))
    words += (words.empty() ? "" : " ") + options;
  const std::string kernel = content(esp, kernels.front(), path);
  machine.start(EfiProgram(kernel, kernels.front()), kernels.front());
  const auto options = as_load_options(words);
  if (!options) {
    log.give_up(12, "the command line has letters that are not ASCII");
  } else if (!words.empty()) {
    log.add(12, "EV_IPL", "command line, by systemd-boot", *options);
  }
  measure_kernel_stub(kernel, options, initramfs, log);
}

} // namespace

std::string measure_systemd_boot(const disk::FilesystemReader& esp, const LoaderWord& word,
                                 const std::string& wanted_entry, Machine& machine) {
  const std::string configuration =
      esp.read(k_configuration, k_largest_text).value_or(std::string());
  if (word.release >= k_measures_configuration && !configuration.empty())
    machine.log.add(5, "EV_EVENT_TAG", std::string(k_configuration), configuration);
  std::string entry = chosen_entry(entries_in(esp), wanted_entry, configuration);
  if (entry.starts_with(k_programs)) {
    measure_unified_kernel(content(esp, entry, entry), entry, word, machine);
  } else {
    measure_text_entry(esp, entry, machine);
  }
  return entry;
}

} // namespace imagewright::measure
