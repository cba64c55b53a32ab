// SPDX-License-Identifier: MIT
#include "package_database.hpp"

#include <algorithm>
#include <utility>

#include <imagewright/inspect/package_header.hpp>

namespace imagewright::inspect {

std::optional<std::vector<model::Nevra>> read_package_database(std::string_view file) {
  const auto headers = read_package_headers(file);
  if (!headers) return std::nullopt;
  std::vector<model::Nevra> packages;
  for (const PackageHeader& header : *headers) {
    model::Nevra nevra = header.nevra();
    if (nevra.name != "gpg-pubkey") packages.push_back(std::move(nevra));
  }
  std::sort(packages.begin(), packages.end());
  return packages;
}

std::map<std::string, std::string> read_source_packages(std::string_view file) {
  std::map<std::string, std::string> sources;
  const auto headers = read_package_headers(file);
  if (!headers) return sources;
  for (const PackageHeader& header : *headers) {
    std::string source = header.source_package();
    if (!source.empty()) sources.emplace(header.nevra().to_string(), std::move(source));
  }
  return sources;
}

} // namespace imagewright::inspect
