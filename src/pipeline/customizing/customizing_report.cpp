// SPDX-License-Identifier: MIT
#include "customizing_report.hpp"

#include <imagewright/base/error.hpp>

#include "pipeline/build_report.hpp"

namespace imagewright::pipeline {

namespace {

lock::LockWithBases file_of(const lock::BaseLock& lock) {
  return {.lock = {.architectures = {lock.packages}},
          .bases = {{lock.packages.architecture, lock.base}}};
}

json::Value json_of(const Customizing& customizing) {
  const auto& format = customizing.base_format;
  return json::Object{
      {"path", std::filesystem::absolute(customizing.base->path()).lexically_normal().string()},
      {"format", format ? json::Value(model::to_string(*format)) : json::Value(nullptr)},
      {"lock", json::parse(lock::to_text_with_bases(file_of(customizing.lock)), "the lock")}};
}

} // namespace

std::string customizing_report(const Customizing& customizing,
                               const CustomizingFindings& findings) {
  json::Array fates;
  for (const PartitionReport& partition : findings.partitions) {
    fates.push_back(json::Object{{"id", partition.id},
                                 {"size", partition.size.bytes()},
                                 {"used", partition.used.bytes()},
                                 {"isRewritten", partition.is_rewritten},
                                 {"firstChange", partition.first_change}});
  }
  const lock::BaseLock& lock = customizing.lock;
  const std::size_t packages = lock.base.kept.size() + lock.packages.packages.size();
  return json::to_text(json::Object{{"imagewrightReport", 1},
                                    {"name", customizing.plan.plan.config.name},
                                    {"architecture", lock.packages.architecture},
                                    {"rung", sandbox::row_of(findings.rung).name},
                                    {"inputs", to_json(customizing.inputs)},
                                    {"base", json_of(customizing)},
                                    {"packages", static_cast<std::uint64_t>(packages)},
                                    {"artifacts", reported_artifacts(findings.artifacts)},
                                    {"partitions", std::move(fates)}});
}

std::optional<ReportedBase> find_reported_base(const json::Value& report, const std::string& file) {
  const json::Value* base = report.find("base");
  if (base == nullptr) return std::nullopt;
  ReportedBase reported{
      .path = json::string_member(*base, "path", file), .base_format = std::nullopt, .lock = {}};
  const std::string* format = json::member(*base, "format", file).find_string();
  if (format != nullptr) reported.base_format = model::find_image_format(*format);
  const lock::LockWithBases lock =
      lock::parse_with_bases(json::to_text(json::member(*base, "lock", file)), file);
  if (lock.bases.size() != 1 || lock.lock.find(lock.bases.begin()->first) == nullptr) {
    throw base::Error(base::FailureKind::input, "lock.damaged",
                      file + " does not say what was made of the base", "customize again");
  }
  reported.lock = {.base = lock.bases.begin()->second,
                   .packages = *lock.lock.find(lock.bases.begin()->first)};
  return reported;
}

} // namespace imagewright::pipeline
