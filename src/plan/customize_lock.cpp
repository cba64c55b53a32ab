// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/plan/customize_lock.hpp>
#include <imagewright/plan/lock_freshness.hpp>

namespace imagewright::plan {

namespace {

/// Why the lock cannot be used, or nothing.
std::optional<base::Diagnostic> find_fault(const std::optional<lock::LockWithBases>& lock,
                                           const CustomizePlan& plan, const base::Digest& base) {
  const std::string config = plan.plan.config.path.string();
  const std::string file = lock::lock_path_of(config).string();
  const std::string remedy = fmt::format("imagewright lock --image BASE {}", config);
  if (!lock) {
    return base::Diagnostic{.code = "pipeline.lock-missing",
                            .message = fmt::format("there is no lock file {}", file),
                            .hint = "make one: " + remedy};
  }
  const std::string& architecture = plan.plan.architecture.name;
  if (lock->lock.find(architecture) != nullptr && !lock->bases.contains(architecture)) {
    return base::Diagnostic{
        .code = "lock.stale",
        .message = fmt::format("the lock {} is that of an image that is composed for {}, and none "
                               "of one that exists",
                               base::quoted(file), base::quoted(architecture)),
        .hint = "make one: " + remedy};
  }
  auto fault = lock::find_staleness(lock->lock, file, base_question(plan, base));
  if (fault) fault->hint = fmt::format("run \"{}\", review what changes, and commit it", remedy);
  return fault;
}

} // namespace

lock::LockQuestion base_question(const CustomizePlan& plan, const base::Digest& base) {
  const model::PackagesConfig& packages = plan.plan.config.os.packages;
  lock::LockQuestion question{.architecture = plan.plan.architecture.name,
                              .packages = packages.install,
                              .excludes = {},
                              .repositories = plan.plan.repositories,
                              .weak_dependencies = weak_dependencies_word(packages),
                              .container_images = {},
                              .wishes = {"base " + base.to_string()}};
  if (const auto& time = packages.snapshot_time) question.snapshot = base::to_iso8601(time->value);
  for (const model::LocatedText& exclude : packages.exclude)
    question.excludes.push_back(exclude.text);
  for (const model::PackageRequest& removed : packages.remove)
    question.wishes.push_back("remove " + removed.spec);
  for (const model::PackageRequest& updated : packages.update)
    question.wishes.push_back("update " + updated.spec);
  if (packages.update_existing) question.wishes.emplace_back("update everything");
  return question;
}

std::optional<lock::LockWithBases> find_lock_with_bases(const std::filesystem::path& config) {
  const std::filesystem::path path = lock::lock_path_of(config);
  const auto text = fs::find_file(path, base::ByteSize::mib(256));
  if (!text) return std::nullopt;
  return lock::parse_with_bases(*text, path.string());
}

std::optional<lock::BaseLock> find_base_lock(const CustomizePlan& plan, const base::Digest& base,
                                             BaseLockUse use, const Services& services) {
  if (use == BaseLockUse::ignored) return std::nullopt;
  const auto lock = find_lock_with_bases(plan.plan.config.path);
  if (const auto fault = find_fault(lock, plan, base)) {
    if (use == BaseLockUse::required) throw base::Error(base::FailureKind::verification, *fault);
    if (lock) services.reporter.message(report::Level::info, fault->message + "; it is not used");
    return std::nullopt;
  }
  const std::string& architecture = plan.plan.architecture.name;
  return lock::BaseLock{.base = lock->bases.at(architecture),
                        .packages = *lock->lock.find(architecture)};
}

} // namespace imagewright::plan
