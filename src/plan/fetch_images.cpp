// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/cache/cache.hpp>
#include <imagewright/container/image.hpp>
#include <imagewright/plan/fetch_images.hpp>
#include <imagewright/plan/lock_freshness.hpp>
#include <imagewright/policy/system_policy.hpp>
#include <imagewright/repo/registry_layout.hpp>

#include "container_images.hpp"

namespace imagewright::plan {

namespace {

constexpr const char* k_system = "linux";

bool is_remote(const model::ContainerImageConfig& image) {
  return image.source == model::ContainerSource::registry;
}

/// Fetches images of one architecture.
class Fetcher {
public:
  Fetcher(const model::Architecture& architecture, NetworkUse network, const Services& services)
      : architecture_(architecture), services_(services),
        cache_(services.cache_directory), options_{.network = network == NetworkUse::allowed
                                                                  ? repo::Network::allowed
                                                                  : repo::Network::forbidden,
                                                   .thread_count = services.thread_count} {}

  cache::Cache& cache() { return cache_; }

  void fetch(const model::ContainerImageConfig& image, repo::LayerFetch layers,
             const std::filesystem::path& directory) {
    repo::write_registry_layout(
        {.reference = image.selection,
         .platform = {.os = k_system, .architecture = architecture_.container_name},
         .layers = layers,
         .where = image.where},
        directory, options_, {cache_, services_.reporter, services_.cancellation});
  }

private:
  const model::Architecture& architecture_;
  const Services& services_;
  cache::Cache cache_;
  repo::FetchOptions options_;
};

model::LockedContainerImage identify(model::ContainerImageConfig wanted, const BuildPlan& plan,
                                     Fetcher& fetcher, const Services& services) {
  const fs::TemporaryDirectory stage = fetcher.cache().stage();
  wanted.path = stage.path() / "layout";
  fetcher.fetch(wanted, repo::LayerFetch::left_out, wanted.path);
  return container::open_image(wanted, {.architecture = plan.architecture,
                                        .temporary_directory = stage.path(),
                                        .cancellation = services.cancellation,
                                        .layers = container::LayerUse::described})
      .identity;
}

base::Diagnostics check_node(const BuildPlan& plan) {
  const model::DiskLayout layout = layout_of(plan, "provisional");
  const policy::SystemPolicyResult decided =
      policy::system_policy({.config = plan.config,
                             .release = plan.release,
                             .architecture = plan.architecture,
                             .layout = layout,
                             .platform = plan.platform});
  return check_images_of_node(plan.config, plan.container_images, layout, decided.policy);
}

} // namespace

void identify_container_images(BuildPlan& plan, NetworkUse network, const Services& services) {
  const auto& wanted = plan.config.os.container_images;
  if (plan.container_images.size() == wanted.size()) return;
  const std::optional<model::Lock> lock = find_lock(plan.config.path);
  const model::ArchitectureLock* known = lock ? lock->find(plan.architecture.name) : nullptr;
  Fetcher fetcher(plan.architecture, network, services);
  for (const model::ContainerImageConfig& image : wanted) {
    if (is_remote(image) && find_known(image, known) == nullptr)
      plan.container_images.push_back(identify(image, plan, fetcher, services));
  }
  std::ranges::sort(plan.container_images);
  base::Diagnostics mistakes = check_node(plan);
  if (mistakes.has_errors()) throw base::InputError(std::move(mistakes));
  for (const base::Diagnostic& warning : mistakes.items())
    services.reporter.warning(warning);
}

void fetch_container_images(model::OsConfig& os, const model::Architecture& architecture,
                            const std::filesystem::path& directory, NetworkUse network,
                            const Services& services) {
  Fetcher fetcher(architecture, network, services);
  std::size_t number = 0;
  for (model::ContainerImageConfig& image : os.container_images) {
    if (!is_remote(image)) continue;
    image.path = directory / std::to_string(number++);
    fetcher.fetch(image, repo::LayerFetch::fetched, image.path);
  }
}

} // namespace imagewright::plan
