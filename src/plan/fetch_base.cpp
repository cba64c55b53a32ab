// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/cache/cache.hpp>
#include <imagewright/plan/fetch_base.hpp>
#include <imagewright/repo/registry.hpp>

namespace imagewright::plan {

namespace {

/// The config's architecture, where it has one; else this machine's.
const model::Architecture& architecture_of(const model::ImageConfig& config) {
  if (config.architectures.size() == 1) {
    if (const auto* found = model::find_architecture(config.architectures.front().text))
      return *found;
  }
  const auto* here = model::host_architecture();
  return here != nullptr ? *here : model::all_architectures().front();
}

repo::RegistryPlatform platform_of(const CustomizePlan& plan) {
  const auto& wish = plan.base_in_registry->platform;
  const std::string& here = architecture_of(plan.plan.config).container_name;
  if (!wish) return {.os = "linux", .architecture = here};
  return {.os = wish->os, .architecture = wish->architecture.empty() ? here : wish->architecture};
}

/// By what the platform calls it, where the config asks for one.
const model::Architecture& wished_architecture(const CustomizePlan& plan) {
  const std::string wanted = platform_of(plan).architecture;
  for (const model::Architecture& architecture : model::all_architectures()) {
    if (architecture.container_name == wanted) return architecture;
  }
  return architecture_of(plan.plan.config);
}

std::string pinned_reference(const CustomizePlan& plan, BaseLockUse lock_use) {
  const std::string& reference = plan.base_in_registry->uri;
  if (lock_use == BaseLockUse::ignored) return reference;
  const auto lock = find_lock_with_bases(plan.plan.config.path);
  if (!lock) return reference;
  const auto found = lock->bases.find(wished_architecture(plan).name);
  const bool is_of_it =
      found != lock->bases.end() && found->second.source.starts_with(reference + "@");
  return is_of_it ? found->second.source : reference;
}

} // namespace

FetchedBase fetch_base(const CustomizePlan& plan, BaseLockUse lock_use, NetworkUse network,
                       const Services& services) {
  IMAGEWRIGHT_ASSERT(plan.base_in_registry);
  const repo::RegistryImageRequest request{.reference = pinned_reference(plan, lock_use),
                                           .platform = platform_of(plan),
                                           .has_platform =
                                               plan.base_in_registry->platform.has_value(),
                                           .where = plan.base_in_registry->where};
  cache::Cache cache(services.cache_directory);
  const repo::FetchOptions options{
      .network = network == NetworkUse::allowed ? repo::Network::allowed : repo::Network::forbidden,
      .thread_count = services.thread_count};
  repo::RegistryImage image = repo::load_registry_image(
      request, options, {cache, services.reporter, services.cancellation});
  services.reporter.message(report::Level::info, "the base is " + image.reference);
  return {.file = std::move(image.file), .reference = std::move(image.reference)};
}

} // namespace imagewright::plan
