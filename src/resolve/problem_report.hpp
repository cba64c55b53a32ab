// SPDX-License-Identifier: MIT
#pragma once

// The solver's problems in plain sentences, each at the request that leads to it.

#include <cstddef>
#include <vector>

#include <imagewright/base/diagnostic.hpp>

#include "package_pool.hpp"
#include "request_matcher.hpp"

namespace imagewright::resolve {

/// Which request each pair of the solver's job queue stands for; those that stand for none hold
/// k_no_request.
using JobOrigins = std::vector<std::size_t>;
constexpr std::size_t k_no_request = static_cast<std::size_t>(-1);

/// One diagnostic for each problem of a solver that found no solution.
std::vector<base::Diagnostic> report_problems(const PackagePool& pool, Solver* solver,
                                              const std::vector<RequestMatch>& matches,
                                              const JobOrigins& origins);

} // namespace imagewright::resolve
