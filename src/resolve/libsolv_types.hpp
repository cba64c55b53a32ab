// SPDX-License-Identifier: MIT
#pragma once

// Owners for what libsolv hands out.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>

extern "C" {
#include <solv/pool.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/solver.h>
#include <solv/transaction.h>
}

namespace imagewright::resolve {

struct PoolDeleter {
  void operator()(Pool* pool) const {
    // pool_free() leaves the map of packages that may be used to whoever made it.
    Map* considered = pool->considered;
    pool_free(pool);
    if (considered != nullptr) {
      map_free(considered);
      std::free(considered);
    }
  }
};
using PoolPointer = std::unique_ptr<Pool, PoolDeleter>;

struct SolverDeleter {
  void operator()(Solver* solver) const { solver_free(solver); }
};
using SolverPointer = std::unique_ptr<Solver, SolverDeleter>;

struct TransactionDeleter {
  void operator()(Transaction* transaction) const { transaction_free(transaction); }
};
using TransactionPointer = std::unique_ptr<Transaction, TransactionDeleter>;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FilePointer = std::unique_ptr<std::FILE, FileCloser>;

/// Is a dependency more than a name: a comparison or a rich one?
inline bool is_relation(Id dependency) {
  return ISRELDEP(static_cast<unsigned>(dependency));
}

/// The parts of a dependency that is_relation().
inline const Reldep& relation_of(const Pool* pool, Id dependency) {
  return pool->rels[GETRELID(static_cast<unsigned>(dependency))];
}

/// A growing list of numbers.
class IdQueue {
public:
  IdQueue() { queue_init(&queue_); }
  IdQueue(const IdQueue&) = delete;
  IdQueue& operator=(const IdQueue&) = delete;
  IdQueue(IdQueue&&) = delete;
  IdQueue& operator=(IdQueue&&) = delete;
  ~IdQueue() { queue_free(&queue_); }

  Queue* get() { return &queue_; }
  std::span<const Id> ids() const {
    return {queue_.elements, static_cast<std::size_t>(queue_.count)};
  }
  void push(Id id) { queue_push(&queue_, id); }
  bool empty() const { return queue_.count == 0; }

private:
  Queue queue_;
};

} // namespace imagewright::resolve
