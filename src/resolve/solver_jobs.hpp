// SPDX-License-Identifier: MIT
#pragma once

// What every question to the solver is made of, and what its answer is.

#include <cstddef>
#include <vector>

#include <imagewright/resolve/request.hpp>

#include "libsolv_types.hpp"
#include "problem_report.hpp"

namespace imagewright::resolve {

/// The solver's words for a question.
struct SolverJobs {
  IdQueue queue;
  JobOrigins origins;

  void add(Id how, Id what, std::size_t request);
  /// What a request matched, to be installed.
  void add_installation(const RequestMatch& match, std::size_t request);
};

/// Whether any repository has a list of all files.
bool can_have_file_lists(const ResolveRequest& request);

/// With the flags that every question has.
SolverPointer make_solver(const PackagePool& pool);

/// Every package that there is once the solver's answer is carried out.
std::vector<Id> chosen_packages(Solver* solver);

} // namespace imagewright::resolve
