// SPDX-License-Identifier: MIT
#include "wanted_packages.hpp"

#include <set>

#include <fmt/format.h>
#include <rpm/rpmtd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::install {

namespace {

bool is_plain(const std::string& wish) {
  return !wish.empty() && wish.find_first_of("*?[]()/<>= \t") == std::string::npos;
}

void add_all(std::set<std::string>& names, Header header, rpmTagVal tag) {
  rpmtd_s values{};
  if (headerGet(header, tag, &values, HEADERGET_MINMEM) == 0) return;
  while (const char* name = rpmtdNextString(&values))
    names.emplace(name);
  rpmtdFreeData(&values);
}

void add_names(std::set<std::string>& names, Header header) {
  const model::Nevra nevra = nevra_of(header);
  for (const std::string& version :
       {std::string(), "-" + nevra.version, fmt::format("-{}:{}", nevra.epoch, nevra.version),
        fmt::format("-{}-{}", nevra.version, nevra.release),
        fmt::format("-{}:{}-{}", nevra.epoch, nevra.version, nevra.release)}) {
    names.insert(nevra.name + version);
    names.insert(nevra.name + version + "." + nevra.architecture);
  }
  add_all(names, header, RPMTAG_PROVIDENAME);
  add_all(names, header, RPMTAG_OBSOLETENAME);
}

} // namespace

void require_wanted(const std::vector<std::string>& wanted,
                    const std::vector<CheckedPackage>& packages) {
  std::set<std::string> names;
  for (const CheckedPackage& package : packages)
    add_names(names, package.header.get());
  for (const std::string& wish : wanted) {
    if (!is_plain(wish) || names.contains(wish)) continue;
    throw base::Error(base::FailureKind::verification, "install.package-left-out",
                      fmt::format("the config asks for {}, and no package of the lock is it or has "
                                  "it",
                                  base::quoted(wish)),
                      "a package was taken out of the lock by hand or by a merge: run "
                      "\"imagewright lock\" and look at what changes");
  }
}

} // namespace imagewright::install
