// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include <imagewright/audit/register_verdicts.hpp>
#include <imagewright/base/hex.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::audit {

namespace {

/// Of unified kernel images.
constexpr std::uint32_t k_image_register = 11;
constexpr std::array<std::string_view, 4> k_phases{"enter-initrd", "leave-initrd", "sysinit",
                                                   "ready"};
/// A system without an initial RAM disk begins here.
constexpr std::size_t k_first_without_initrd = 2;

/// What stands in a register of which an image decides something, and so what else it may be.
struct Content {
  std::uint32_t number;
  std::string_view what;
};
constexpr std::array<Content, 7> k_contents{
    Content{4, "programs that the firmware started"},
    {5, "partition table, and settings of the boot loader"},
    {7, "keys of Secure Boot, and which of them allowed a program"},
    {8, "commands of GRUB, and the kernel's command line"},
    {9, "files that the boot loader read; initial RAM disk"},
    {11, "sections of the unified kernel image"},
    {12, "the kernel's command line"}};

/// TPM 2.0, part 1, "Extend of a PCR".
base::Digest extended(const base::Digest& value, std::string_view word) {
  const std::string event = base::digest_of(word, value.algorithm).hex;
  return base::digest_of(base::from_hex(value.hex + event).value(), value.algorithm);
}

/// systemd-pcrphase adds what the system has come through since the kernel started. The words by
/// which a value becomes the one that was found; nothing when none do.
std::optional<std::string> phases_between(const base::Digest& value, const std::string& found) {
  for (const std::size_t first : {std::size_t{0}, k_first_without_initrd}) {
    base::Digest reached = value;
    std::string words;
    for (const std::string_view phase : std::span(k_phases).subspan(first)) {
      reached = extended(reached, phase);
      words += (words.empty() ? "" : ", ") + std::string(phase);
      if (reached.hex == found) return words;
    }
  }
  return std::nullopt;
}

std::string name_of(const Content& content, std::string_view bank) {
  return fmt::format("TPM register {}{}: {}", content.number, bank, content.what);
}

RegisterVerdict verdict_of(const Content& content, const base::Digest& value,
                           const std::map<std::string, std::string>& found) {
  const std::string bank(base::to_string(value.algorithm));
  RegisterVerdict verdict{.number = content.number,
                          .subject = name_of(content, " (" + bank + ")"),
                          .expected = value.hex,
                          .actual = "(no answer)",
                          .outcome = RegisterVerdict::Outcome::different};
  const auto answer = found.find(fmt::format("{}:{}", bank, content.number));
  if (answer == found.end()) return verdict;
  verdict.actual = answer->second;
  if (verdict.actual == value.hex) {
    verdict.outcome = RegisterVerdict::Outcome::same;
  } else if (content.number == k_image_register) {
    if (const auto phases = phases_between(value, verdict.actual)) {
      verdict.actual += fmt::format(" (then {})", *phases);
      verdict.outcome = RegisterVerdict::Outcome::same;
    }
  }
  return verdict;
}

} // namespace

std::vector<RegisterVerdict> register_verdicts(const RegistersCheck& check) {
  std::vector<RegisterVerdict> verdicts;
  for (const MeasuredRegister& predicted : check.predicted.registers) {
    const auto* content = std::ranges::find(k_contents, predicted.number, &Content::number);
    // Others are the machine's, or the running system's.
    if (content == k_contents.end()) continue;
    for (const base::Digest& value : predicted.values)
      verdicts.push_back(verdict_of(*content, value, check.found));
    if (predicted.values.empty()) {
      verdicts.push_back({.number = predicted.number,
                          .subject = name_of(*content, ""),
                          .expected = "not known",
                          .actual = predicted.unknown,
                          .outcome = RegisterVerdict::Outcome::unknown});
    }
  }
  return verdicts;
}

std::vector<std::uint32_t> changed_registers(const MeasuredBoot& promised,
                                             const MeasuredBoot& predicted) {
  std::vector<std::uint32_t> changed;
  for (const MeasuredRegister& here : predicted.registers) {
    const auto there =
        std::ranges::find(promised.registers, here.number, &MeasuredRegister::number);
    // What the manifest says of a machine without Secure Boot holds as far as both know.
    const bool are_known = there != promised.registers.end() && !there->values.empty();
    if (are_known && !here.values.empty() && there->values != here.values)
      changed.push_back(here.number);
  }
  return changed;
}

} // namespace imagewright::audit
