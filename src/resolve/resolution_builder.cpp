// SPDX-License-Identifier: MIT
#include "resolution_builder.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

extern "C" {
#include <solv/chksum.h>
#include <solv/solvable.h>
}
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "dependency_names.hpp"

namespace imagewright::resolve {

namespace {

std::optional<base::Digest> find_checksum(Solvable* solvable) {
  Id type = 0;
  const char* hex = solvable_lookup_checksum(solvable, SOLVABLE_CHECKSUM, &type);
  const char* algorithm = hex == nullptr ? nullptr : solv_chksum_type2str(type);
  if (algorithm == nullptr) return std::nullopt;
  return base::Digest::parse(fmt::format("{}:{}", algorithm, hex));
}

/// Indexes of the chosen packages in the resolution.
using Positions = std::map<Id, std::size_t>;

class ResolutionBuilder {
public:
  ResolutionBuilder(const PackagePool& pool, const std::vector<Id>& chosen) : pool_(pool) {
    std::vector<std::pair<model::LockedPackage, Id>> sorted;
    for (const Id package : chosen)
      sorted.emplace_back(locked_package(pool, package), package);
    std::sort(sorted.begin(), sorted.end());
    for (auto& [package, id] : sorted) {
      positions_[id] = resolution_.packages.size();
      resolution_.packages.push_back(std::move(package));
    }
  }

  Resolution build(const std::vector<RequestMatch>& matches) {
    for (const auto& [package, position] : positions_) {
      add_dependencies(package, SOLVABLE_REQUIRES);
      add_dependencies(package, SOLVABLE_RECOMMENDS);
      add_supplements(package);
      add_provides(package, position);
    }
    drop_weak_duplicates();
    for (auto& [name, providers] : resolution_.providers)
      std::sort(providers.begin(), providers.end());
    add_requests(matches);
    return std::move(resolution_);
  }

private:
  void add_dependencies(Id package, Id kind) {
    const bool is_weak = kind != SOLVABLE_REQUIRES;
    for (const Id dependency : pool_.dependencies_of(package, kind)) {
      for (const Id plain : plain_dependencies(pool_.get(), dependency)) {
        for (const Id provider : pool_.providers_of(plain)) {
          add(package, provider, dependency, is_weak);
        }
      }
    }
  }

  /// "I am wanted where that is": as if that recommended this package.
  void add_supplements(Id package) {
    for (const Id dependency : pool_.dependencies_of(package, SOLVABLE_SUPPLEMENTS)) {
      for (const Id plain : plain_dependencies(pool_.get(), dependency)) {
        for (const Id supplemented : pool_.providers_of(plain)) {
          add(supplemented, package, dependency, true);
        }
      }
    }
  }

  void add(Id requirer, Id provider, Id dependency, bool is_weak) {
    const auto from = positions_.find(requirer);
    const auto to = positions_.find(provider);
    if (requirer == provider || from == positions_.end() || to == positions_.end()) return;
    resolution_.dependencies.push_back(
        {from->second, to->second, pool_.dependency_text(dependency), is_weak});
  }

  /// What is required anyway is not worth recommending.
  void drop_weak_duplicates() {
    auto& dependencies = resolution_.dependencies;
    std::sort(dependencies.begin(), dependencies.end());
    dependencies.erase(std::unique(dependencies.begin(), dependencies.end()), dependencies.end());
    std::set<std::pair<std::size_t, std::size_t>> required;
    for (const Dependency& item : dependencies) {
      if (!item.is_weak) required.emplace(item.requirer, item.provider);
    }
    std::erase_if(dependencies, [&](const Dependency& item) {
      return item.is_weak && required.count({item.requirer, item.provider}) > 0;
    });
  }

  void add_provides(Id package, std::size_t position) {
    std::set<std::string> names{resolution_.packages[position].nevra.name};
    for (const Id dependency : pool_.dependencies_of(package, SOLVABLE_PROVIDES)) {
      Id name = dependency;
      while (is_relation(name))
        name = relation_of(pool_.get(), name).name;
      names.insert(pool_id2str(pool_.get(), name));
    }
    for (const std::string& name : names)
      resolution_.providers[name].push_back(position);
  }

  void add_requests(const std::vector<RequestMatch>& matches) {
    const auto& requests = pool_.request().packages;
    for (std::size_t index = 0; index < requests.size(); ++index) {
      FulfilledRequest fulfilled{.request = requests[index]};
      for (const Id candidate : matches[index].candidates) {
        const auto found = positions_.find(candidate);
        if (found != positions_.end()) fulfilled.packages.push_back(found->second);
      }
      std::sort(fulfilled.packages.begin(), fulfilled.packages.end());
      resolution_.requests.push_back(std::move(fulfilled));
    }
  }

  const PackagePool& pool_;
  Positions positions_;
  Resolution resolution_;
};

std::string text_or_nothing(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

std::string vendor_of(Solvable* solvable) {
  return solvable->vendor == 0 ? std::string()
                               : std::string(pool_id2str(solvable->repo->pool, solvable->vendor));
}

} // namespace

model::LockedPackage locked_package(const PackagePool& pool, Id package) {
  Solvable* solvable = pool_id2solvable(pool.get(), package);
  const auto checksum = find_checksum(solvable);
  if (!checksum) {
    throw base::Error(base::FailureKind::verification, "resolve.weak-checksum",
                      fmt::format("the repository {} has no SHA-2 checksum for {}",
                                  base::quoted(pool.snapshot_of(package).repository.name),
                                  pool.text_of(package)),
                      "ask whoever runs the repository to use createrepo_c --checksum sha256");
  }
  unsigned int medium = 0;
  const char* location = solvable_lookup_location(solvable, &medium);
  if (location == nullptr) {
    throw base::Error(base::FailureKind::build, "resolve.metadata-unreadable",
                      fmt::format("the repository {} does not say where {} is",
                                  base::quoted(pool.snapshot_of(package).repository.name),
                                  pool.text_of(package)),
                      "the repository's metadata is damaged; make it again with createrepo_c");
  }
  const auto number = [&](Id key) { return solvable_lookup_num(solvable, key, 0); };
  return {
      .nevra = pool.nevra_of(package),
      .repository = pool.snapshot_of(package).repository.name,
      .location = location,
      .checksum = *checksum,
      .download_size = base::ByteSize(number(SOLVABLE_DOWNLOADSIZE)),
      .installed_size = base::ByteSize(number(SOLVABLE_INSTALLSIZE)),
      .build_time =
          base::Epoch(std::chrono::seconds(static_cast<std::int64_t>(number(SOLVABLE_BUILDTIME)))),
      .provenance = {.source_package = text_or_nothing(solvable_lookup_sourcepkg(solvable)),
                     .license = text_or_nothing(solvable_lookup_str(solvable, SOLVABLE_LICENSE)),
                     .vendor = vendor_of(solvable)}};
}

Resolution build_resolution(const PackagePool& pool, const std::vector<Id>& chosen,
                            const std::vector<RequestMatch>& matches) {
  return ResolutionBuilder(pool, chosen).build(matches);
}

} // namespace imagewright::resolve
