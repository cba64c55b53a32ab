// SPDX-License-Identifier: MIT
#pragma once

// What workers read for this module: the indexes of repositories.

#include <span>

#include <imagewright/sandbox/worker.hpp>

namespace imagewright::repo {

std::span<const sandbox::WorkerJob> worker_jobs();

} // namespace imagewright::repo
