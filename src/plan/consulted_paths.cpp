// SPDX-License-Identifier: MIT
#include <imagewright/config/load.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/plan/build_inputs.hpp>
#include <imagewright/plan/consulted_paths.hpp>
#include <imagewright/plan/lock_freshness.hpp>
#include <imagewright/repo/local_paths.hpp>

#include "directories.hpp"

namespace imagewright::plan {

namespace {

void append(std::vector<std::filesystem::path>& paths,
            const std::vector<std::filesystem::path>& more) {
  paths.insert(paths.end(), more.begin(), more.end());
}

/// What is found by name is found in the first of these that has it.
std::vector<std::filesystem::path> places_of_names(const BuildPlan& plan,
                                                   const PlanOptions& options) {
  std::vector<std::filesystem::path> places = release_directories(plan.config, options);
  append(places, role_directories(options));
  for (const std::filesystem::path& file : plan.config.files) {
    const auto directory = std::filesystem::absolute(file).lexically_normal().parent_path();
    append(places, config::directories_above(directory, "roles"));
  }
  return places;
}

void add_passwords(ConsultedPaths& consulted, const model::OsConfig& os) {
  for (const model::UserConfig& user : os.users) {
    if (user.password && !user.password->file.empty())
      consulted.secrets.push_back(user.password->file);
  }
}

} // namespace

std::optional<ConsultedPaths> consulted_paths(const BuildPlan& plan, const PlanOptions& options) {
  const bool is_locked = find_fresh(find_lock(plan.config.path), plan) != nullptr;
  const auto of_repositories = repo::local_paths_of(
      plan.repositories, {.key_places = plan.key_places, .given_keys = plan.given_keys},
      is_locked ? repo::MetadataUse::none : repo::MetadataUse::asked);
  if (!of_repositories) return std::nullopt;
  InputPaths inputs = input_paths_of(plan);
  ConsultedPaths consulted{
      .paths = std::move(inputs.files), .trees = std::move(inputs.directories), .secrets = {}};
  append(consulted.paths, *of_repositories);
  append(consulted.paths, places_of_names(plan, options));
  consulted.paths.push_back(lock::lock_path_of(plan.config.path));
  add_passwords(consulted, plan.config.os);
  return consulted;
}

} // namespace imagewright::plan
