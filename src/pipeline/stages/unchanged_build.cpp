// SPDX-License-Identifier: MIT
#include "unchanged_build.hpp"

#include <algorithm>
#include <memory>
#include <type_traits>
#include <utility>

#include <unistd.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/plan/consulted_paths.hpp>
#include <imagewright/report/stage_timings.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/error_codec.hpp>

#include "pipeline/host/emulator.hpp"
#include "pipeline/reuse_outputs.hpp"
#include "tool_identity.hpp"

namespace imagewright::pipeline {

namespace {

constexpr auto k_kind = "unchanged";

/// Keys expire, and that changes no file.
constexpr std::chrono::hours k_longest_belief{24};

std::uint64_t seconds_of(std::chrono::system_clock::time_point time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

template <typename Word>
void add_number(sandbox::ByteWriter& writer, Word word) {
  writer.number(static_cast<std::uint64_t>(word));
}

// All members, so that one that is added has to be thought about here.
void add_words(sandbox::ByteWriter& writer, const plan::PlanOptions& options) {
  const auto& [config, architectures, release, repositories, key_files, formats,
               release_directories] = options;
  writer.text(config.string()).texts(architectures).text(release);
  writer.number(repositories.size());
  for (const auto& [name, address] : repositories)
    writer.text(name).text(address);
  writer.number(key_files.size());
  for (const std::filesystem::path& path : key_files)
    writer.text(path.string());
  writer.number(formats.size());
  for (const model::ImageFormat format : formats)
    add_number(writer, format);
  writer.number(release_directories.size());
  for (const std::filesystem::path& path : release_directories)
    writer.text(path.string());
}

void add_words(sandbox::ByteWriter& writer, const plan::ResolveOptions& options) {
  const auto& [lock_use, missing_lock, network, package_files, epoch] = options;
  add_number(writer, lock_use);
  add_number(writer, missing_lock);
  add_number(writer, network);
  add_number(writer, package_files);
  writer.flag(epoch.has_value()).time(epoch.value_or(base::Epoch{}));
}

/// A digest of everything that is asked, by whom and of which program; empty when outputs are not
/// reused, and when a login stands among the words.
std::string key_of(const BuildOptions& options) {
  const auto& [plan, resolve, output_directory, root_directory, emulation, rung, machine_kernel,
               report_file, tool_version, stage_reuse, stage_room, shared_cache] = options;
  if (root_directory == RootDirectory::kept || stage_reuse == StageReuse::refused ||
      shared_cache != nullptr)
    return {};
  // Logins of addresses are written nowhere, and not as a digest that others could try words on.
  const auto is_open = [](const plan::RepositoryOverride& repository) {
    return base::without_secrets(repository.address) == repository.address;
  };
  if (!std::ranges::all_of(plan.repositories, is_open)) return {};
  sandbox::ByteWriter writer;
  add_words(writer, plan);
  add_words(writer, resolve);
  writer.text(output_directory.string()).text(std::filesystem::current_path().string());
  writer.text(machine_kernel.string()).number(::geteuid());
  writer.flag(rung.has_value());
  for (const auto& [name, value] :
       tool_inputs(tool_version, rung.value_or(sandbox::Rung{}), std::nullopt,
                   std::to_string(static_cast<int>(emulation))))
    writer.text(name).text(value);
  return base::digest_of(writer.take()).hex;
}

/// With their places: no file has changed.
std::string placed_bytes(const std::vector<base::Diagnostic>& warnings) {
  sandbox::ByteWriter writer;
  for (const base::Diagnostic& warning : warnings)
    writer.text(sandbox::encode_exception(base::Error(base::FailureKind::build, warning)));
  return writer.take();
}

/// They show lines of files that are watched, and of no others.
std::vector<base::Diagnostic> placed_from(std::string_view bytes,
                                          const std::vector<WatchedPath>& watched) {
  const auto is_watched = [&](const std::string& file) {
    const auto path = std::filesystem::absolute(file).lexically_normal();
    return std::ranges::find(watched, path, &WatchedPath::path) != watched.end();
  };
  std::vector<base::Diagnostic> warnings;
  for (sandbox::ByteReader reader(bytes); !reader.at_end();) {
    try {
      sandbox::throw_decoded(reader.text(), is_watched);
    } catch (const base::Error& error) {
      warnings.push_back(error.diagnostic());
    }
  }
  return warnings;
}

} // namespace

std::string subject_of(const BuildOptions& options, const std::string& name) {
  return std::filesystem::absolute(options.plan.config).string() + "\n" + name;
}

struct UnchangedBuild::Record {
  std::uint64_t made = 0; ///< seconds
  std::filesystem::path output_directory;
  std::vector<WatchedPath> watched;
  std::vector<base::Diagnostic> warnings;
  std::vector<BuiltImage> images;

  bool holds() const {
    const std::uint64_t now = seconds_of(std::chrono::system_clock::now());
    const auto longest = static_cast<std::uint64_t>(std::chrono::seconds(k_longest_belief).count());
    // A clock that was set back makes every stamp worthless.
    return made <= now && now - made < longest && std::ranges::all_of(watched, is_as_it_was);
  }
};

UnchangedBuild::UnchangedBuild(const BuildOptions& options, const plan::Services& services)
    : options_(options), services_(services), began_(std::chrono::system_clock::now()),
      key_(key_of(options)) {}

std::optional<UnchangedBuild::Record> UnchangedBuild::find_record() const {
  std::error_code ignored;
  if (!std::filesystem::is_directory(services_.cache_directory / "stages", ignored)) return {};
  const cache::StageStore store(services_.cache_directory);
  const auto [finding, text] = store.find_entry(k_kind, key_);
  if (finding != cache::StageStore::Finding::found) return std::nullopt;
  sandbox::ByteReader reader(text);
  Record record{.made = reader.number()};
  record.output_directory = reader.text();
  record.watched = watched_from(reader.text());
  record.warnings = placed_from(reader.text(), record.watched);
  while (!reader.at_end()) {
    BuiltImage image{.name = reader.text()};
    image.package_count = reader.number();
    image.inputs = stage_inputs_from(reader.text());
    record.images.push_back(std::move(image));
  }
  return record;
}

std::optional<BuildResult> UnchangedBuild::recall() {
  if (key_.empty()) return std::nullopt;
  const auto record = find_record();
  if (!record || !record->holds()) return std::nullopt;
  BuildOptions decided = options_;
  decided.output_directory = record->output_directory;
  struct Found {
    std::unique_ptr<StageCache> cache;
    EarlierOutputs outputs;
  };
  // All of them or none: what has to be made says everything itself.
  std::vector<Found> all;
  for (const BuiltImage& image : record->images) {
    auto cache = std::make_unique<StageCache>(decided, services_, subject_of(decided, image.name));
    if (cache->store() == nullptr) return std::nullopt;
    auto outputs = find_outputs(image.inputs, decided, *cache);
    if (!outputs) return std::nullopt;
    all.push_back({std::move(cache), *std::move(outputs)});
  }
  for (const base::Diagnostic& warning : record->warnings)
    services_.reporter.warning(warning);
  BuildResult result;
  for (std::size_t index = 0; index < all.size(); ++index) {
    report::StageTimings timings(services_.reporter, services_.clock);
    const BuiltImage& image = record->images[index];
    const auto files = leave_published(image.name, all[index].outputs, decided,
                                       all[index].cache->findings(), timings, timings);
    result.files.insert(result.files.end(), files.begin(), files.end());
    result.package_count += image.package_count;
  }
  return result;
}

void UnchangedBuild::watch(const std::vector<plan::ResolvedPlan>& plans,
                           const std::filesystem::path& output_directory,
                           std::vector<base::Diagnostic> warnings) {
  if (key_.empty()) return;
  plan::ConsultedPaths all;
  for (const plan::ResolvedPlan& plan : plans) {
    auto consulted = plan::consulted_paths(plan.plan, options_.plan);
    if (!consulted) return;
    all.paths.insert(all.paths.end(), consulted->paths.begin(), consulted->paths.end());
    all.trees.insert(all.trees.end(), consulted->trees.begin(), consulted->trees.end());
    all.secrets.insert(all.secrets.end(), consulted->secrets.begin(), consulted->secrets.end());
    if (const auto emulator = emulator_of(plan.plan.architecture, options_.emulation))
      all.paths.push_back(*emulator);
  }
  if (const auto watched = pipeline::watch(all, began_)) watched_ = to_bytes(*watched);
  output_directory_ = output_directory;
  warnings_ = std::move(warnings);
}

void UnchangedBuild::keep(const std::vector<BuiltImage>& images) {
  const auto is_kept = [](const BuiltImage& image) { return !image.inputs.empty(); };
  if (watched_.empty() || !std::ranges::all_of(images, is_kept)) return;
  sandbox::ByteWriter writer;
  writer.number(seconds_of(began_)).text(output_directory_.string());
  writer.text(watched_).text(placed_bytes(warnings_));
  for (const BuiltImage& image : images)
    writer.text(image.name).number(image.package_count).text(to_bytes(image.inputs));
  try {
    cache::StageStore(services_.cache_directory).put_entry(k_kind, key_, writer.take());
  } catch (const base::Error& error) {
    services_.reporter.message(report::Level::debug,
                               "the next build has to plan: " + error.diagnostic().message);
  }
}

} // namespace imagewright::pipeline
