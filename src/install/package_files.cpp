// SPDX-License-Identifier: MIT
#include "package_files.hpp"

#include <cerrno>
#include <map>

#include <fcntl.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "rpm_configuration.hpp"

namespace imagewright::install {

PackagePlaces place_packages(const model::PackageSet& packages) {
  PackagePlaces result;
  std::map<std::filesystem::path, std::size_t> known;
  for (const model::PackageFile& file : packages.files) {
    std::error_code error;
    const std::filesystem::path path = std::filesystem::canonical(file.path, error);
    if (error) {
      throw base::Error(base::FailureKind::build, "install.package-missing",
                        fmt::format("the file {} of the package {} cannot be found: {}",
                                    base::quoted(file.path.string()),
                                    file.package.nevra.to_string(), error.message()));
    }
    const auto [entry, is_new] = known.emplace(path.parent_path(), known.size());
    if (is_new) {
      result.bind_mounts.push_back(
          {path.parent_path(), fmt::format("{}/packages/{}", k_private_directory, entry->second),
           sandbox::BindAccess::read_only});
    }
    result.places.push_back({entry->second, path.filename().string()});
  }
  return result;
}

PackageFiles::PackageFiles(const PackagePlaces& places) : places_(places) {
  for (const sandbox::BindMount& bind : places.bind_mounts) {
    directories_.emplace_back(::open(bind.target.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directories_.back()) {
      base::throw_system_error("install.package-missing", "cannot open", bind.source.string(),
                               errno);
    }
  }
}

fs::UniqueFd PackageFiles::open(std::size_t index) const {
  const PackagePlaces::Place& place = places_.places.at(index);
  fs::UniqueFd file(::openat(directories_[place.directory].get(), place.name.c_str(),
                             O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) base::throw_system_error("install.package-missing", "cannot open", place.name, errno);
  return file;
}

} // namespace imagewright::install
