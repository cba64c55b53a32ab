// SPDX-License-Identifier: MIT
#include "wanted_packages.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>
#include <type_traits>

#include <fnmatch.h>

#include <fmt/format.h>
#include <rpm/rpmds.h>
#include <rpm/rpmtd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::install {

namespace {

struct DependencyDeleter {
  void operator()(rpmds dependency) const { rpmdsFree(dependency); }
};
using Dependency = std::unique_ptr<std::remove_pointer_t<rpmds>, DependencyDeleter>;

void add_all(std::set<std::string>& names, Header header, rpmTagVal tag) {
  rpmtd_s values{};
  // File names are put together from two lists.
  if (headerGet(header, tag, &values, HEADERGET_EXT) == 0) return;
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

/// "name >= 1.2" as librpm compares it; null for what is no comparison.
Dependency comparison_of(const std::string& wish) {
  const std::size_t start = wish.find_first_of("<>=");
  if (start == std::string::npos) return nullptr;
  const std::size_t end = std::min(wish.find_first_not_of("<>=", start), wish.size());
  rpmsenseFlags sense = 0;
  for (const char sign : std::string_view(wish).substr(start, end - start))
    sense |= sign == '<' ? RPMSENSE_LESS : sign == '>' ? RPMSENSE_GREATER : RPMSENSE_EQUAL;
  const std::string name(base::trimmed(std::string_view(wish).substr(0, start)));
  const std::string version(base::trimmed(std::string_view(wish).substr(end)));
  return Dependency(rpmdsSingle(RPMTAG_REQUIRENAME, name.c_str(), version.c_str(), sense));
}

/// What packages are called, what they have, and of which files they are made; the latter only once
/// somebody asks, as they are many.
class Content {
public:
  explicit Content(const std::vector<CheckedPackage>& packages) : packages_(packages) {
    for (const CheckedPackage& package : packages)
      add_names(names_, package.header.get());
  }

  bool has(const std::string& wish) {
    // Which one of several is there is between the resolver and the packages' own requirements.
    if (wish.empty() || wish.front() == '(' || names_.contains(wish)) return true;
    if (const Dependency comparison = comparison_of(wish)) {
      return std::ranges::any_of(packages_, [&](const CheckedPackage& package) {
        return rpmdsAnyMatchesDep(package.header.get(), comparison.get(), 1) != 0;
      });
    }
    if (wish.front() == '/' && has_file(wish)) return true;
    return wish.find_first_of("*?[") != std::string::npos && is_matched(names_, wish);
  }

private:
  static bool is_matched(const std::set<std::string>& texts, const std::string& pattern) {
    return std::ranges::any_of(texts, [&](const std::string& text) {
      return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
    });
  }

  bool has_file(const std::string& wish) {
    if (files_.empty()) {
      for (const CheckedPackage& package : packages_)
        add_all(files_, package.header.get(), RPMTAG_FILENAMES);
    }
    return files_.contains(wish) || is_matched(files_, wish);
  }

  const std::vector<CheckedPackage>& packages_;
  std::set<std::string> names_;
  std::set<std::string> files_;
};

} // namespace

void require_wanted(const std::vector<std::string>& wanted,
                    const std::vector<CheckedPackage>& packages) {
  Content content(packages);
  for (const std::string& wish : wanted) {
    if (content.has(wish)) continue;
    throw base::Error(base::FailureKind::verification, "install.package-left-out",
                      fmt::format("the config asks for {}, and no package of the lock is it or has "
                                  "it",
                                  base::quoted(wish)),
                      "a package was taken out of the lock by hand or by a merge: run "
                      "\"imagewright lock\" and look at what changes");
  }
}

} // namespace imagewright::install
