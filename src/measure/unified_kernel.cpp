// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "boot_chain.hpp"

namespace imagewright::measure {

namespace {

/// A section that systemd-stub measures, in its order (unified_sections of its sources), and the
/// first release that does. Signatures of policies are left out, since they are made of the rest.
struct MeasuredSection {
  std::string_view name;
  unsigned since = 0;
};

constexpr std::array k_sections{
    MeasuredSection{".linux"},      MeasuredSection{".osrel"},     MeasuredSection{".cmdline"},
    MeasuredSection{".initrd"},     MeasuredSection{".splash"},    MeasuredSection{".dtb"},
    MeasuredSection{".uname", 254}, MeasuredSection{".sbat", 255}, MeasuredSection{".pcrpkey"}};
/// Later releases have profiles, microcode and more, of which nothing is known here.
constexpr unsigned k_first_release = 252;
constexpr unsigned k_last_release = 255;

/// The release of systemd-boot that hands the section's command line over, which the stub then
/// takes for one of the user.
constexpr unsigned k_hands_over = 252;

std::string text_of(const std::optional<EfiSection>& section) {
  return section ? section->in_memory() : std::string();
}

void measure_handed_over(std::string line, const LoaderWord& started_by, Machine& machine) {
  EventLog& log = machine.log;
  if (started_by.name.empty()) return; // firmware has no options for a removable disk
  if (started_by.release != k_hands_over) {
    log.give_up(12, fmt::format("whether {} {} hands a command line to a unified kernel image is "
                                "not known here",
                                started_by.name, started_by.version));
    return;
  }
  if (line.ends_with('\n')) line.pop_back();
  const auto options = as_load_options(line);
  if (!options) {
    log.give_up(12, "the command line has letters that are not ASCII");
    return;
  }
  log.add(12, "EV_IPL", "command line, by " + started_by.name, *options);
  // Where Secure Boot is on, the stub takes no command line but its own.
  if (!machine.is_secure()) log.add(12, "EV_IPL", "command line, by systemd-stub", *options);
}

/// The stub starts the kernel that is in it. With Secure Boot it tells the firmware to trust what
/// it trusts itself, and the firmware does not measure it then.
void measure_payload(const std::string& kernel, const std::string& name, Machine& machine) {
  const EfiProgram program(kernel, name);
  if (!machine.is_secure()) machine.start(program, name);
}

} // namespace

bool is_known_stub(const LoaderWord& word) {
  return word.name == "systemd-stub" && word.release >= k_first_release &&
         word.release <= k_last_release;
}

void measure_sections(const EfiProgram& program, const LoaderWord& stub,
                      const std::optional<std::string>& public_key, EventLog& log) {
  const auto measure_one = [&](std::string_view name, std::string_view content) {
    // The name with its terminator, and then the content.
    log.add(11, "EV_IPL", std::string(name) + ", the name", std::string(name) + '\0');
    log.add(11, "EV_IPL", std::string(name), content);
  };
  for (const MeasuredSection& wanted : k_sections) {
    const auto section = program.find(wanted.name);
    if (section && stub.release >= wanted.since) measure_one(section->name, section->in_memory());
  }
  // It is the last of them.
  if (public_key) measure_one(k_sections.back().name, *public_key);
}

void measure_unified_kernel(std::string_view bytes, const std::string& name,
                            const LoaderWord& started_by, Machine& machine) {
  EventLog& log = machine.log;
  const EfiProgram program(bytes, name);
  machine.start(program, name);
  const LoaderWord stub = word_of(program);
  if (!is_known_stub(stub)) {
    const std::string why = stub.name.empty() ? base::quoted(name) + " has no stub of systemd"
                                              : fmt::format("what {} {} measures is not known here",
                                                            stub.name, stub.version);
    for (const std::uint32_t pcr : {4U, 9U, 11U, 12U, 13U})
      log.give_up(pcr, why);
    return;
  }
  measure_sections(program, stub, std::nullopt, log);
  const std::string line = text_of(program.find(".cmdline"));
  measure_handed_over(line, started_by, machine);
  const std::string kernel = text_of(program.find(".linux"));
  measure_payload(kernel, name + " (.linux)", machine);
  measure_kernel_stub(kernel, as_load_options(line), text_of(program.find(".initrd")), log);
}

} // namespace imagewright::measure
