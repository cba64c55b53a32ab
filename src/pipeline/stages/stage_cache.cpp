// SPDX-License-Identifier: MIT
#include "stage_cache.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::pipeline {

namespace {

constexpr std::size_t k_most_differences = 4;

base::Diagnostic damage(const std::string& stage) {
  return {.severity = base::Severity::warning,
          .code = "pipeline.stage-damaged",
          .message =
              fmt::format("what the cache holds of the stage {} is damaged, and was not used",
                          base::quoted(stage)),
          .hint = "the stage is done anew; look at the disk and at who can write the cache when "
                  "this happens again"};
}

} // namespace

std::string to_bytes(const StageInputs& inputs) {
  sandbox::ByteWriter writer;
  for (const auto& [name, value] : inputs)
    writer.text(name).text(value);
  return writer.take();
}

StageInputs stage_inputs_from(std::string_view bytes) {
  StageInputs inputs;
  for (sandbox::ByteReader reader(bytes); !reader.at_end();) {
    std::string name = reader.text();
    inputs.emplace(std::move(name), reader.text());
  }
  return inputs;
}

fs::FileContent StageContents::put(int file, const std::string& name) {
  return store_.put_content(file, name);
}

void StageContents::get(const fs::FileContent& content, int target, const std::string& name) {
  if (store_.copy_content(content, target, name) == cache::StageStore::Finding::found) return;
  throw base::Error(base::FailureKind::build, "pipeline.stage-damaged",
                    fmt::format("the cache does not hold the content of {}", base::quoted(name)));
}

StageCache::StageCache(const BuildOptions& options, const plan::Services& services,
                       std::string subject)
    : reporter_(services.reporter), subject_(std::move(subject)), room_(options.stage_room) {
  if (options.stage_reuse == StageReuse::refused) {
    off_reason_ = "everything is made anew, as asked";
    return;
  }
  store_ = std::make_unique<cache::StageStore>(services.cache_directory);
  if (store_->distrust().empty()) return;
  off_reason_ = store_->distrust();
  store_.reset();
  reporter_.warning(
      {.severity = base::Severity::warning,
       .code = "pipeline.cache-not-trusted",
       .message = "stages of earlier builds are not used, and none are kept: " + off_reason_,
       .hint = "use a cache directory that is yours, and that nobody else can write"});
}

std::optional<std::string> StageCache::find(const std::string& stage, const StageInputs& inputs) {
  using Finding = cache::StageStore::Finding;
  if (!store_) {
    findings_.push_back({stage, false, off_reason_});
    return std::nullopt;
  }
  auto [finding, text] = store_->find_entry(stage, to_bytes(inputs));
  if (finding == Finding::found) {
    findings_.push_back({stage, true, {}});
    remember(stage, inputs);
    return std::move(text);
  }
  if (finding == Finding::damaged) warn_of_damage(stage);
  findings_.push_back(
      {stage, false,
       finding == Finding::damaged ? "what was kept is damaged" : why_missed(stage, inputs)});
  return std::nullopt;
}

void StageCache::remember(const std::string& stage, const StageInputs& inputs) {
  try {
    store_->put_entry("last", stage + "\n" + subject_, to_bytes(inputs));
  } catch (const base::Error& error) {
    reporter_.message(report::Level::debug,
                      "a later miss will not know its reason: " + error.diagnostic().message);
  }
}

std::string StageCache::why_missed(const std::string& stage, const StageInputs& inputs) const {
  const auto last = store_->find_entry("last", stage + "\n" + subject_);
  if (last.finding != cache::StageStore::Finding::found) return "not built before";
  const std::string differences = differences_between(stage_inputs_from(last.text), inputs);
  return differences.empty() ? "what was kept is not there any more" : "changed: " + differences;
}

void StageCache::keep(const std::string& stage, const StageInputs& inputs,
                      const std::function<std::string()>& text) {
  if (!store_) return;
  try {
    store_->put_entry(stage, to_bytes(inputs), text());
    remember(stage, inputs);
    has_kept_ = true;
  } catch (const base::Error& error) {
    reporter_.warning(
        {.severity = base::Severity::warning,
         .code = "pipeline.stage-not-kept",
         .message = fmt::format("the stage {} could not be kept for later builds: {}",
                                base::quoted(stage), error.diagnostic().message),
         .hint = "make room for the cache directory, or choose another one with --cache-dir"});
  }
}

void StageCache::miss(const std::string& stage, const std::string& reason) {
  for (StageFinding& finding : findings_) {
    if (finding.stage == stage && finding.is_hit) finding = {stage, false, reason};
  }
}

void StageCache::find_elsewhere(const std::string& stage) {
  for (StageFinding& finding : findings_) {
    if (finding.stage == stage) finding = {stage, true, {}};
  }
}

void StageCache::reject(const std::string& stage, const std::string& reason) {
  miss(stage, reason);
  warn_of_damage(stage);
}

void StageCache::warn_of_damage(const std::string& stage) {
  if (!std::exchange(has_warned_, true)) reporter_.warning(damage(stage));
}

void StageCache::make_room() {
  if (store_ && has_kept_) store_->evict(room_);
}

std::string differences_between(const StageInputs& before, const StageInputs& now) {
  std::vector<std::string> names;
  for (const auto& [name, value] : now) {
    const auto known = before.find(name);
    if (known == before.end() || known->second != value) names.push_back(name);
  }
  for (const auto& [name, value] : before) {
    if (!now.contains(name)) names.push_back(name);
  }
  std::ranges::sort(names);
  const std::size_t more =
      names.size() > k_most_differences ? names.size() - k_most_differences : 0;
  names.resize(names.size() - more);
  std::string text = base::escape_controls(base::join(names, ", "));
  if (more != 0) text += fmt::format(" and {} more", more);
  return text;
}

} // namespace imagewright::pipeline
