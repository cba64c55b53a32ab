// SPDX-License-Identifier: MIT
#pragma once

// The lock of a config that is applied to an image that exists.

#include <cstdint>
#include <filesystem>
#include <optional>

#include <imagewright/base/digest.hpp>
#include <imagewright/lock/base_lock.hpp>
#include <imagewright/lock/freshness.hpp>
#include <imagewright/plan/customize_plan.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::plan {

enum class BaseLockUse : std::uint8_t {
  when_fresh, ///< a fresh lock is used, otherwise packages are resolved
  required,   ///< a missing or stale lock is an error
  ignored,    ///< packages are resolved
};

/// Everything that the answer depends on besides metadata; the plan's sources are chosen.
lock::LockQuestion base_question(const CustomizePlan& plan, const base::Digest& base);

/// The file beside the config. Throws base::Error (lock.…) when it cannot be read.
std::optional<lock::LockWithBases> find_lock_with_bases(const std::filesystem::path& config);

/// The entry for this base where it is fresh; tells where it is not. Throws base::Error of
/// FailureKind::verification (pipeline.lock-missing, lock.…) where it is required.
std::optional<lock::BaseLock> find_base_lock(const CustomizePlan& plan, const base::Digest& base,
                                             BaseLockUse use, const Services& services);

} // namespace imagewright::plan
