// SPDX-License-Identifier: MIT
#include "kernel_packages.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace imagewright::install {

namespace {

/// "6.6.1" of "/usr/lib/modules/6.6.1/modules.order"; empty for files of other places. Packages of
/// extra modules do not have that file: every kernel does.
std::string kernel_of(std::string_view path) {
  for (const std::string_view directory : {"/usr/lib/modules/", "/lib/modules/"}) {
    if (!path.starts_with(directory)) continue;
    const std::string_view rest = path.substr(directory.size());
    const std::size_t slash = rest.find('/');
    if (slash != std::string_view::npos && rest.substr(slash) == "/modules.order")
      return std::string(rest.substr(0, slash));
  }
  return {};
}

std::set<std::string> kernels_in(Header header) {
  std::set<std::string> releases;
  const FileInformation files(rpmfiNew(nullptr, header, RPMTAG_BASENAMES, RPMFI_KEEPHEADER));
  while (rpmfiNext(files.get()) >= 0) {
    if (std::string release = kernel_of(rpmfiFN(files.get())); !release.empty())
      releases.insert(std::move(release));
  }
  return releases;
}

bool requires_package(Header header, Header other) {
  const Dependencies wanted(rpmdsNew(header, RPMTAG_REQUIRENAME, 0));
  while (rpmdsNext(wanted.get()) >= 0) {
    if (rpmdsAnyMatchesDep(other, wanted.get(), 0) != 0) return true;
  }
  return false;
}

struct Package {
  HeaderOwner header;
  std::set<std::string> kernels;
};

std::vector<Package> every_package(rpmts transaction) {
  std::vector<Package> packages;
  const MatchIterator iterator(rpmtsInitIterator(transaction, RPMDBI_PACKAGES, nullptr, 0));
  while (Header header = rpmdbNextIterator(iterator.get()))
    packages.push_back({HeaderOwner(headerLink(header)), kernels_in(header)});
  return packages;
}

/// Gives each package the kernels of those that it requires. True when one was new.
bool spread(std::vector<Package>& packages) {
  bool is_new = false;
  for (const Package& kernel : packages) {
    if (kernel.kernels.empty()) continue;
    for (Package& package : packages) {
      if (std::ranges::includes(package.kernels, kernel.kernels)) continue;
      if (!requires_package(package.header.get(), kernel.header.get())) continue;
      package.kernels.insert(kernel.kernels.begin(), kernel.kernels.end());
      is_new = true;
    }
  }
  return is_new;
}

} // namespace

std::vector<model::KernelPackage> kernel_packages(rpmts transaction) {
  std::vector<Package> packages = every_package(transaction);
  while (spread(packages)) {
  }
  std::vector<model::KernelPackage> result;
  for (const Package& package : packages) {
    for (const std::string& release : package.kernels)
      result.push_back({text_of(package.header.get(), RPMTAG_NAME), release});
  }
  std::ranges::sort(result);
  return result;
}

} // namespace imagewright::install
