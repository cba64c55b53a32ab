// SPDX-License-Identifier: MIT
#pragma once

// What is installed, as a repository of a pool.

#include <cstddef>
#include <map>
#include <span>
#include <variant>

#include <imagewright/model/installed_package.hpp>

#include "package_pool.hpp"

namespace imagewright::resolve {

/// Where an installed package comes from: one of those that were there at first, by its index, or a
/// package of the repositories.
struct FromBase {
  std::size_t index = 0;
};
struct FromRepository {
  Id package = 0;
};
using PackageOrigin = std::variant<FromBase, FromRepository>;

/// The installed packages of a pool, renewed after each step of a change.
class SystemRepository {
public:
  /// `pool` must outlive it.
  SystemRepository(PackagePool& pool, std::span<const model::InstalledPackage> installed);

  Repo* get() const { return repository_; }
  /// Of each package that is installed now.
  const std::map<Id, PackageOrigin>& origins() const { return origins_; }
  /// From now on these are installed, which may be installed ones and others.
  void replace_by(std::span<const Id> packages);

private:
  void use(Repo* repository, std::map<Id, PackageOrigin> origins);

  PackagePool& pool_;
  Repo* repository_ = nullptr;
  std::map<Id, PackageOrigin> origins_;
};

} // namespace imagewright::resolve
