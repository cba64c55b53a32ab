// SPDX-License-Identifier: MIT
#include <array>
#include <string>

#include "../steps.hpp"

namespace imagewright::finalize::steps {

namespace {

struct Input {
  const bool& removes_package_manager;
  const std::string& database;
};

/// What package managers remember and keep: without them nobody looks at it.
constexpr std::array k_leftovers = {"/var/lib/rpm",           "/usr/lib/sysimage/rpm",
                                    "/var/lib/dnf",           "/usr/lib/sysimage/libdnf5",
                                    "/usr/lib/sysimage/tdnf", "/var/lib/tdnf",
                                    "/var/cache/tdnf",        "/var/cache/dnf",
                                    "/var/cache/libdnf5"};

/// The packages themselves went with the others.
StepYield remove_package_manager(const Input& input, root::WorkRoot& root) {
  if (!input.removes_package_manager) return {};
  const fs::RootDir& files = root.files();
  const auto remove = [&](const std::string& path) {
    if (files.find_link_target(path))
      files.remove(path);
    else if (files.exists(path))
      files.remove_tree(path);
  };
  remove(input.database);
  for (const char* path : k_leftovers)
    remove(path);
  return {};
}

} // namespace

constinit const Step package_manager{
    "package-manager", AppliesTo::customized,
    k_run<remove_package_manager, &FinalizePlan::removes_package_manager,
          &FinalizePlan::rpm_database_path>};

} // namespace imagewright::finalize::steps
