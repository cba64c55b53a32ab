// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/shell.hpp>
#include <imagewright/container/archive_file.hpp>
#include <imagewright/container/checked_copy.hpp>
#include <imagewright/container/image.hpp>
#include <imagewright/container/node_checks.hpp>
#include <imagewright/container/store.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/model/image_import.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {

namespace {

struct Input {
  const std::vector<model::ContainerImageConfig>& wanted;
  const std::vector<model::OverlayConfig>& overlays;
  const std::vector<model::LockedContainerImage>& locked;
  const model::Architecture& architecture;
  const base::Epoch& epoch;
  const model::DiskLayout& layout;
  const decltype(model::SystemPolicy::kernel_arguments)& kernel_arguments;
  const FinalizeServices& services;
};

/// What was planned is what is there: files of the host may have changed since.
std::vector<container::Image> open_all(const Input& input, const root::WorkRoot& root) {
  const container::OpenOptions options{.architecture = input.architecture,
                                       .temporary_directory =
                                           root.options().run_record.parent_path(),
                                       .cancellation = input.services.cancellation};
  std::vector<container::Image> images;
  for (const model::ContainerImageConfig& wanted : input.wanted)
    images.push_back(container::open_planned_image(wanted, input.locked, options));
  return images;
}

container::NodeFiles files_of(const root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  return {.find_content = [&files](const std::string& path) -> std::optional<std::string> {
            // A unit that is masked is a link to /dev/null.
            const auto status = files.find_target_status(path);
            if (!status || status->type != fs::FileType::regular) return std::nullopt;
            return files.find_content(path);
          },
          .list = [&files](const std::string& directory) { return files.list(directory); }};
}

/// Imports go where the store is when the node runs.
container::StoreUse store_use_of(const std::vector<model::ContainerImageConfig>& images) {
  const bool is_written = std::ranges::any_of(
      images, [](const auto& image) { return image.delivery == model::ContainerDelivery::store; });
  return is_written ? container::StoreUse::written : container::StoreUse::taken_over;
}

/// Packages and scripts may have brought what the plan could not see.
void check_node(const Input& input, const container::NodeFiles& files) {
  container::NodeFacts facts{.images = input.locked,
                             .overlays = input.overlays,
                             .own_mount_points = {},
                             .kernel_arguments = {},
                             .where = input.wanted.front().where,
                             .store = store_use_of(input.wanted)};
  for (const model::Partition& partition : input.layout.partitions) {
    if (partition.filesystem) facts.own_mount_points.push_back(partition.filesystem->mount_point);
  }
  for (const auto& argument : input.kernel_arguments)
    facts.kernel_arguments.push_back(argument.text);
  base::Diagnostics mistakes = container::check_node(facts, files);
  if (mistakes.has_errors()) throw base::InputError(std::move(mistakes));
}

void make_directory(root::WorkRoot& root, const std::string& path, mode_t permissions) {
  if (root.files().exists(path)) return;
  root.files().make_directories(path, permissions);
  root.files().set_permissions(path, permissions);
  root.own(path, 0, 0);
}

/// The directories that containerd makes at its first start, with its modes.
void make_directories(root::WorkRoot& root, const std::string& store) {
  root.files().make_directories(store.substr(0, store.rfind('/')));
  make_directory(root, store, 0711);
  const std::string content = store + "/io.containerd.content.v1.content";
  make_directory(root, content, 0755);
  make_directory(root, content + "/blobs", 0755);
  make_directory(root, fmt::format("{}/{}", store, container::k_blob_directory), 0755);
  make_directory(root, fmt::format("{}/{}", store, container::k_ingest_directory), 0755);
  make_directory(root, fmt::format("{}/{}", store, container::k_database_directory), 0711);
}

void write_blob(root::WorkRoot& root, const std::string& path, const container::Blob& blob) {
  root.files().write(path, blob.content, 0644);
  if (!blob.file.empty()) {
    const fs::UniqueFd target = root.files().open_file(path, fs::FileAccess::changing);
    container::copy_checked(blob, target.get(), path);
  }
  root.files().set_permissions(path, 0444);
  root.own(path, 0, 0);
}

constexpr const char* k_script_head =
    "#!/bin/sh\n"
    "# Hands the images of containers that this node was made with to containerd, which keeps what "
    "it\n"
    "# has already.\n"
    "set -eu\n"
    "take() {\n"
    "  if [ -z \"$(ctr --namespace \"$1\" images list --quiet \"name==$2\")\" ]; then\n"
    "    ctr --namespace \"$1\" images import --no-unpack \"$3\"\n"
    "  fi\n"
    "}\n"
    "pin() {\n"
    "  ctr --namespace \"$1\" images label \"$2\" io.cri-containerd.pinned=pinned >/dev/null\n"
    "}\n";

/// What containerd takes itself when the node starts.
void write_archives(const Input& input, const std::vector<container::Image>& images,
                    root::WorkRoot& root) {
  if (images.empty()) return;
  const std::string directory(model::k_import_directory);
  make_directory(root, directory.substr(0, directory.rfind('/')), 0755);
  make_directory(root, directory, 0755);
  std::string script = k_script_head;
  for (std::size_t index = 0; index < images.size(); ++index) {
    input.services.cancellation.check();
    const model::LockedContainerImage& image = images[index].identity;
    const std::string path = fmt::format("{}/{:03}.tar", directory, index);
    const fs::TemporaryDirectory place(root.options().run_record.parent_path(),
                                       ".imagewright-container-");
    const std::filesystem::path made = place.path() / "archive";
    container::write_archive(images[index], input.epoch, made);
    const fs::UniqueFd archive = fs::open_for_reading(made);
    root.files().write_copy(path, fs::whole_of(archive, made.string()), 0644);
    root.own(path, 0, 0);
    const std::string words =
        base::shell_quoted(image.name_space) + " " + base::shell_quoted(image.name);
    script += fmt::format("take {} {}\n", words, base::shell_quoted(path));
    if (image.pinning == model::Pinning::pinned) script += fmt::format("pin {}\n", words);
  }
  const std::string place(model::k_import_script);
  root.files().write(place, script, 0755);
  root.files().set_permissions(place, 0755);
  root.own(place, 0, 0);
}

/// Moves those out that are delivered otherwise, sorted by name: their order in the config is
/// nobody's business.
std::vector<container::Image> take_imports(const Input& input,
                                           std::vector<container::Image>& images) {
  std::vector<container::Image> imports;
  std::vector<container::Image> others;
  for (std::size_t index = 0; index < images.size(); ++index) {
    const bool is_import = input.wanted[index].delivery == model::ContainerDelivery::import;
    (is_import ? imports : others).push_back(std::move(images[index]));
  }
  images = std::move(others);
  std::ranges::sort(imports, {}, &container::Image::identity);
  return imports;
}

StepYield write_store(const Input& input, root::WorkRoot& root) {
  if (input.wanted.empty()) return {};
  const container::NodeFiles files = files_of(root);
  check_node(input, files);
  std::vector<container::Image> images = open_all(input, root);
  write_archives(input, take_imports(input, images), root);
  if (images.empty()) return {};
  const std::string store = container::store_directory(files);
  const std::string database = fmt::format("{}/{}/meta.db", store, container::k_database_directory);
  if (root.files().exists(database)) {
    throw base::Error(base::FailureKind::build,
                      {.code = "container.store-exists",
                       .message = fmt::format("the image has a {} already", database),
                       .where = input.wanted.front().where,
                       .hint = "leave it out of the files and packages of the image"});
  }
  make_directories(root, store);
  for (const auto& [digest, blob] : container::blobs_of(images)) {
    input.services.cancellation.check();
    write_blob(root, fmt::format("{}/{}/{}", store, container::k_blob_directory, digest.hex),
               *blob);
  }
  root.files().write(database, container::metadata_file(images, input.epoch), 0644);
  root.own(database, 0, 0);
  return {};
}

} // namespace

constinit const Step container_images{
    "container-images", AppliesTo::composed,
    k_run<write_store, &model::OsConfig::container_images, &model::OsConfig::overlays,
          &FinalizePlan::container_images, &FinalizePlan::architecture, &FinalizePlan::epoch,
          &FinalizePlan::layout, &model::SystemPolicy::kernel_arguments, services>};

} // namespace imagewright::finalize::steps
