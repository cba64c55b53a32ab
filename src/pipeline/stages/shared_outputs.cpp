// SPDX-License-Identifier: MIT
#include "shared_outputs.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "kept_warnings.hpp"

namespace imagewright::pipeline {

namespace {

/// What is not published as it is: the report of the machine that built, and its warnings.
constexpr auto k_record = "record";
constexpr base::ByteSize k_largest_record = base::ByteSize::mib(256);

/// Where files stand, and which file of passwords this is, are things of one machine.
base::Digest key_of(StageInputs inputs) {
  inputs.erase("output directory");
  inputs.erase("files of passwords");
  sandbox::ByteWriter writer;
  writer.text("outputs of imagewright");
  for (const auto& [name, value] : inputs)
    writer.text(name).text(value);
  return base::digest_of(writer.take());
}

bool has_passwords(const StageInputs& inputs) {
  const auto found = inputs.find("files of passwords");
  return found != inputs.end() && !found->second.empty();
}

/// False when it is none.
bool read_record(const std::filesystem::path& path, EarlierOutputs& outputs) {
  try {
    const std::string bytes = fs::read_file(path, k_largest_record);
    sandbox::ByteReader reader(bytes);
    outputs.report = reader.text();
    outputs.warnings = warnings_from(reader.text());
    return json::parse(outputs.report, k_record).find_object() != nullptr;
  } catch (const base::Error&) {
    return false;
  } catch (const base::BugError&) {
    // What the reader says of bytes that end too early.
    return false;
  }
}

} // namespace

SharedOutputs::SharedOutputs(depot::Depot* depot, const StageInputs& inputs,
                             const plan::Services& services)
    : depot_(has_passwords(inputs) ? nullptr : depot), key_(key_of(inputs)), services_(services) {}

std::optional<EarlierOutputs> SharedOutputs::refuse(const std::string& reason) {
  services_.reporter.warning(
      {.severity = base::Severity::warning,
       .code = "pipeline.shared-entry-refused",
       .message = "what the shared cache has is not used: " + reason,
       .hint = "the image is built here; look at the server, and at who can write "
               "to it, when this happens again"});
  return std::nullopt;
}

std::optional<EarlierOutputs> SharedOutputs::fetch(fs::Publication& publication) {
  if (depot_ == nullptr || !depot_->reads()) return std::nullopt;
  const depot::DepotEntry entry = depot_->find(key_);
  if (entry.finding == depot::DepotFinding::absent) return std::nullopt;
  if (entry.finding == depot::DepotFinding::refused) return refuse(entry.reason);
  report::StageScope stage(services_.reporter, "fetch-outputs");
  EarlierOutputs outputs;
  bool has_record = false;
  for (const depot::DepotFile& file : entry.files) {
    const std::filesystem::path target = publication.staged_path(file.name);
    if (const auto fault = depot_->fetch(file, target))
      return refuse(fmt::format("{}: {}", file.name, *fault));
    if (file.name == k_record) {
      has_record = read_record(target, outputs);
      std::filesystem::remove(target);
      continue;
    }
    publication.add(file.name, file.digest);
    outputs.files.push_back({.path = file.name, .digest = file.digest});
  }
  if (!has_record || outputs.files.empty()) return refuse("the entry is not of an image");
  stage.set_summary(fmt::format("{} files of another machine", outputs.files.size()));
  return outputs;
}

void SharedOutputs::offer(const EarlierOutputs& outputs) {
  if (depot_ == nullptr || !depot_->writes()) return;
  const report::StageScope stage(services_.reporter, "share-outputs");
  std::vector<depot::DepotFile> files;
  std::vector<std::filesystem::path> places;
  std::string fault;
  try {
    sandbox::ByteWriter record;
    record.text(outputs.report).text(to_bytes(outputs.warnings));
    const std::string bytes = record.take();
    const fs::TemporaryDirectory directory(services_.cache_directory, ".share-");
    places.push_back(directory.path() / k_record);
    fs::write_file_atomically(places.back(), bytes);
    files.push_back({k_record, bytes.size(), base::digest_of(bytes)});
    for (const fs::PublishedFile& file : outputs.files) {
      places.push_back(file.path);
      files.push_back(
          {file.path.filename().string(), std::filesystem::file_size(file.path), file.digest});
    }
    fault = depot_->put(key_, files, places).value_or("");
  } catch (const base::Error& error) {
    // The image is published already: that nobody else gets it is no reason to fail.
    fault = error.diagnostic().message;
  }
  if (fault.empty()) return;
  services_.reporter.warning(
      {.severity = base::Severity::warning,
       .code = "pipeline.shared-entry-not-kept",
       .message = "the image could not be put into the shared cache: " + fault,
       .hint = "other machines build it for themselves; look at the server's room, "
               "and at who may write to it"});
}

void SharedOutputs::offer_if_absent(const EarlierOutputs& outputs) {
  if (depot_ == nullptr || !depot_->writes() || depot_->has(key_)) return;
  offer(outputs);
}

} // namespace imagewright::pipeline
