// SPDX-License-Identifier: MIT
#include "finished_outputs.hpp"

#include <map>
#include <utility>

#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/plan/build_inputs.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "kept_warnings.hpp"
#include "watched_paths.hpp"

namespace imagewright::pipeline {

namespace {

/// A file with a password must not be found out by guessing its digest.
std::string password_files(const model::OsConfig& os) {
  std::string text;
  for (const model::UserConfig& user : os.users) {
    if (!user.password || user.password->file.empty()) continue;
    struct stat status {};
    const bool is_there = ::stat(user.password->file.c_str(), &status) == 0;
    text += fmt::format("{} {}\n", user.name, is_there ? stamp_of(status) : "absent");
  }
  return text;
}

std::string formats_of(const plan::PlanOptions& options) {
  std::string text;
  for (const model::ImageFormat format : options.formats)
    text += fmt::format("{}\n", model::to_string(format));
  return text;
}

/// Name → digest in hexadecimal digits.
std::map<std::string, std::string> sums_in(const std::filesystem::path& directory) {
  std::map<std::string, std::string> sums;
  const auto text = fs::find_file(directory / "SHA256SUMS", base::ByteSize::mib(16));
  for (const std::string& line : base::split(text.value_or(""), '\n')) {
    const std::vector<std::string> words = base::split_whitespace(line);
    if (words.size() == 2) sums[words[1]] = words[0];
  }
  return sums;
}

struct KeptOutputs {
  EarlierOutputs outputs;
  std::vector<std::string> stamps; ///< of the files, in their order
};

std::string bytes_of(const EarlierOutputs& outputs) {
  sandbox::ByteWriter writer;
  writer.text(outputs.report).text(to_bytes(outputs.warnings));
  for (const fs::PublishedFile& file : outputs.files)
    writer.text(file.path.string()).text(file.digest.to_string()).text(stamp_at(file.path));
  return writer.take();
}

KeptOutputs kept_from(std::string_view bytes) {
  KeptOutputs kept;
  sandbox::ByteReader reader(bytes);
  kept.outputs.report = reader.text();
  kept.outputs.warnings = warnings_from(reader.text());
  while (!reader.at_end()) {
    fs::PublishedFile file{.path = reader.text(), .digest = {}};
    file.digest = base::Digest::parse(reader.text()).value_or(base::Digest{});
    kept.outputs.files.push_back(std::move(file));
    kept.stamps.push_back(reader.text());
  }
  return kept;
}

} // namespace

StageInputs output_inputs(const plan::ResolvedPlan& plan, const BuildOptions& options,
                          StageInputs root_inputs) {
  StageInputs inputs = std::move(root_inputs);
  inputs["config, release profile and files that they name"] =
      plan::inputs_of(plan.plan, options.plan).files.hex;
  inputs["files of passwords"] = password_files(plan.plan.config.os);
  inputs["formats"] = formats_of(options.plan);
  inputs["lock"] = lock::to_text({.architectures = {plan.lock}});
  inputs["name"] = plan.plan.config.name;
  inputs["output directory"] =
      std::filesystem::absolute(options.output_directory).lexically_normal().string();
  return inputs;
}

std::optional<EarlierOutputs> find_outputs(const StageInputs& inputs, const BuildOptions& options,
                                           StageCache& cache) {
  const auto text = cache.find(k_outputs_stage, inputs);
  if (!text) return std::nullopt;
  KeptOutputs kept = kept_from(*text);
  const auto sums = sums_in(options.output_directory);
  bool is_moved = false;
  for (std::size_t index = 0; index < kept.stamps.size(); ++index) {
    const fs::PublishedFile& file = kept.outputs.files[index];
    const std::string name = file.path.filename().string();
    const auto sum = sums.find(name);
    const std::string stamp = stamp_at(file.path);
    const bool is_listed = sum != sums.end() && sum->second == file.digest.hex;
    const bool is_same =
        is_listed && !stamp.empty() &&
        (stamp == kept.stamps[index] || fs::digest_of_file(file.path) == file.digest);
    if (!is_same) {
      cache.miss(k_outputs_stage,
                 fmt::format("{} is not there as it was published", base::quoted(name)));
      return std::nullopt;
    }
    if (stamp != kept.stamps[index]) is_moved = true;
  }
  if (is_moved) keep_outputs(inputs, kept.outputs, cache);
  return std::move(kept.outputs);
}

void keep_outputs(const StageInputs& inputs, const EarlierOutputs& outputs, StageCache& cache) {
  cache.keep(k_outputs_stage, inputs, [&] { return bytes_of(outputs); });
}

} // namespace imagewright::pipeline
