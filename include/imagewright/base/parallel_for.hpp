// SPDX-License-Identifier: MIT
#pragma once

// Independent pieces of work on several processors: the only place of the program that makes
// threads.

#include <cstddef>
#include <functional>

#include <imagewright/base/cancellation.hpp>

namespace imagewright::base {

/// Calls work(0) … work(count - 1), each once, from the calling thread and at most `threads` - 1
/// others, which are gone when it returns. Indices are handed out in order. After the first
/// exception, or a wish to stop, no further index is handed out; of all exceptions that of the
/// lowest index is thrown again, so that what is reported does not depend on the number of threads.
/// A host that refuses a thread gets the work done by those that there are.
void parallel_for(std::size_t count, unsigned threads, const Cancellation& cancellation,
                  const std::function<void(std::size_t index)>& work);

/// As many threads as this process may run at a time: what `--jobs` means when it is not given. At
/// least 1.
unsigned default_thread_count();

} // namespace imagewright::base
