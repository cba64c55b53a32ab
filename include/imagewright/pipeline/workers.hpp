// SPDX-License-Identifier: MIT
#pragma once

// The workers of the program: what it does when it was started anew by itself.

#include <optional>
#include <vector>

#include <imagewright/sandbox/worker.hpp>

namespace imagewright::pipeline {

/// The jobs of every module that has some.
std::vector<sandbox::WorkerJob> worker_jobs();

/// To be called at the very start of main. When this process was started as a worker it does its
/// work, and gives the exit status that main shall return at once; nothing otherwise.
std::optional<int> run_worker_if_asked(int argument_count, char** arguments);

} // namespace imagewright::pipeline
