// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <memory>
#include <variant>

#include <imagewright/base/error.hpp>
#include <imagewright/cache/cache.hpp>
#include <imagewright/plan/fetch_files.hpp>
#include <imagewright/plan/fetch_images.hpp>
#include <imagewright/repo/remote_files.hpp>

namespace imagewright::plan {

namespace {

/// Not of the config's directory: by its address, or as a package of a repository.
bool is_fetched(const model::AdditionalFile& file) {
  return file.remote || file.stored_package;
}

void take_places(ResolvedPlan& plan) {
  const model::OsConfig& os = plan.plan.config.os;
  plan.finalize.os.additional_files = os.additional_files;
  plan.finalize.os.container_images = os.container_images;
}

} // namespace

void fetch_remote_files(model::OsConfig& os, NetworkUse network, const Services& services) {
  std::vector<repo::RemoteFileRequest> requests;
  for (const model::AdditionalFile& file : os.additional_files) {
    if (file.remote) requests.push_back({*file.remote, file.content_where});
  }
  if (requests.empty()) return;
  cache::Cache cache(services.cache_directory);
  const repo::FetchOptions options{
      .network = network == NetworkUse::allowed ? repo::Network::allowed : repo::Network::forbidden,
      .thread_count = services.thread_count};
  const auto paths =
      repo::load_remote_files(requests, options, {cache, services.reporter, services.cancellation});
  auto path = paths.begin();
  for (model::AdditionalFile& file : os.additional_files) {
    if (file.remote) file.content = *path++;
  }
}

std::vector<std::string> fetched_places(const model::OsConfig& os) {
  std::vector<std::string> places;
  for (const model::AdditionalFile& file : os.additional_files) {
    if (is_fetched(file)) places.push_back(std::get<std::filesystem::path>(file.content).string());
  }
  for (const model::ContainerImageConfig& image : os.container_images) {
    if (image.source == model::ContainerSource::registry) places.push_back(image.path.string());
  }
  return places;
}

void place_remote_files(model::OsConfig& os, const std::vector<std::string>& places) {
  auto place = places.begin();
  for (model::AdditionalFile& file : os.additional_files) {
    if (!is_fetched(file)) continue;
    IMAGEWRIGHT_ASSERT(place != places.end());
    file.content = std::filesystem::path(*place++);
  }
  for (model::ContainerImageConfig& image : os.container_images) {
    if (image.source != model::ContainerSource::registry) continue;
    IMAGEWRIGHT_ASSERT(place != places.end());
    image.path = *place++;
  }
}

void place_remote_files(ResolvedPlan& plan, const std::vector<std::string>& places) {
  place_remote_files(plan.plan.config.os, places);
  take_places(plan);
}

void fetch_remote_files(ResolvedPlan& plan, NetworkUse network, const Services& services) {
  model::OsConfig& os = plan.plan.config.os;
  fetch_remote_files(os, network, services);
  const bool has_images = std::ranges::any_of(os.container_images, [](const auto& image) {
    return image.source == model::ContainerSource::registry;
  });
  if (has_images) {
    // In the cache's filesystem nothing has to be copied.
    plan.fetched = std::make_shared<const fs::TemporaryDirectory>(
        cache::Cache(services.cache_directory).stage());
    fetch_container_images(os, plan.plan.architecture, plan.fetched->path(), network, services);
  }
  take_places(plan);
}

} // namespace imagewright::plan
