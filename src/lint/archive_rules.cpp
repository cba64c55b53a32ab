// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lint/rules.hpp"

namespace imagewright::lint {

namespace {

constexpr std::size_t k_most_shown = 5;

Findings first_of(const std::vector<std::string>& all, std::string_view what) {
  Findings findings;
  for (std::size_t index = 0; index < std::min(all.size(), k_most_shown); ++index)
    findings.push_back(all[index] + std::string(what));
  if (all.size() > k_most_shown)
    findings.push_back(fmt::format("and {} more", all.size() - k_most_shown));
  return findings;
}

Findings check_name(const Subject& subject) {
  const std::string name = subject.path.filename().string();
  if (name.ends_with(".wsl")) return {};
  return {fmt::format("the file is called {}", name)};
}

Findings check_compression(const Subject& subject) {
  const archive::Compression found = subject.archive.compression;
  if (found == archive::Compression::gzip || found == archive::Compression::xz) return {};
  return {fmt::format("the compression is {}", archive::to_string(found))};
}

Findings check_readable(const Subject& subject) {
  if (subject.unreadable.empty()) return {};
  return {subject.unreadable};
}

Findings check_root(const Subject& subject) {
  Findings findings;
  for (const char* directory : {"/etc", "/usr", "/bin"}) {
    const FileFacts* facts = subject.files.find(directory);
    if (facts == nullptr || facts->type != fs::FileType::directory)
      findings.push_back(fmt::format("there is no directory {}", directory));
  }
  return findings;
}

Findings check_members(const Subject& subject) {
  Findings findings = first_of(subject.archive.repeated, " is there twice");
  for (std::string& finding : first_of(subject.archive.outside, " leads out of the root"))
    findings.push_back(std::move(finding));
  return findings;
}

Findings check_owners(const Subject& subject) {
  return first_of(subject.archive.named, "");
}

constexpr std::array k_rules{
    Rule{"wsl.name", "The file's name ends in .wsl, which Windows opens by a double click.",
         "rename it", check_name, Needs::nothing},
    Rule{"wsl.compression", "The archive is compressed by gzip or xz.",
         "compress it by gzip, which every version of WSL reads", check_compression,
         Needs::nothing},
    Rule{"wsl.archive", "The file is a tar archive, whole to its end.", "make it again",
         check_readable, Needs::nothing},
    Rule{"wsl.root", "The root of the archive is the root of the filesystem.",
         "make the archive from inside of the root's directory", check_root},
    Rule{"wsl.members", "Each name is there once, and none leads out of the root.",
         "make the archive from a directory, and do not append to it", check_members},
    Rule{"wsl.owners",
         "Owners are numbers: a name would be looked up where the archive is unpacked.",
         "make the archive with --numeric-owner", check_owners},
};

} // namespace

std::span<const Rule> archive_rules() {
  return k_rules;
}

} // namespace imagewright::lint
