// SPDX-License-Identifier: MIT
#pragma once

// One more image of a build, made by a process of its own meanwhile.

#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/process/supervision.hpp>

#include "compose.hpp"

namespace imagewright::pipeline {

/// Whether images may be made at the same time: one process alone is thread enough, and neither a
/// machine nor a shared cache has to be divided.
bool may_compose_beside(const BuildOptions& options, const plan::Services& services);

/// Composes from construction on. Whoever goes without finish() makes it end.
class BesideComposition {
public:
  /// Borrows all of it. There must be no other thread. Throws std::system_error.
  BesideComposition(const plan::ResolvedPlan& plan, const BuildOptions& options,
                    const plan::Services& services);

  /// Waits, says what it warned of, and gives or throws what compose() would have.
  ComposedImage finish();

private:
  void wait();
  std::string answer() const;

  const plan::ResolvedPlan& plan_;
  const plan::Services& services_;
  fs::UniqueFd answer_;
  process::ChildProcess child_;
};

} // namespace imagewright::pipeline
