// SPDX-License-Identifier: MIT
#include "solver_jobs.hpp"

#include <algorithm>

namespace imagewright::resolve {

void SolverJobs::add(Id how, Id what, std::size_t request) {
  queue.push(how);
  queue.push(what);
  origins.push_back(request);
}

void SolverJobs::add_installation(const RequestMatch& match, std::size_t request) {
  const auto& selection = match.selection;
  for (std::size_t pair = 0; pair + 1 < selection.size(); pair += 2)
    add(selection[pair] | SOLVER_INSTALL, selection[pair + 1], request);
}

bool can_have_file_lists(const ResolveRequest& request) {
  return std::ranges::any_of(request.repositories, [&](const model::RepositorySnapshot& snapshot) {
    return snapshot.filelists || (snapshot.has_filelists && request.load_filelists);
  });
}

SolverPointer make_solver(const PackagePool& pool) {
  SolverPointer solver(solver_create(pool.get()));
  const bool ignores_weak = pool.request().weak_dependencies == WeakDependencies::ignored;
  solver_set_flag(solver.get(), SOLVER_FLAG_IGNORE_RECOMMENDED, ignores_weak ? 1 : 0);
  return solver;
}

std::vector<Id> chosen_packages(Solver* solver) {
  const TransactionPointer transaction(solver_create_transaction(solver));
  IdQueue packages;
  transaction_installedresult(transaction.get(), packages.get());
  return {packages.ids().begin(), packages.ids().end()};
}

} // namespace imagewright::resolve
