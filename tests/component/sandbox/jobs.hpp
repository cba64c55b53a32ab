// SPDX-License-Identifier: MIT
#pragma once

// What the tests of this directory do in workers.

#include <span>

#include <imagewright/sandbox/worker.hpp>

namespace imagewright_test {

std::span<const imagewright::sandbox::WorkerJob> jobs();

} // namespace imagewright_test
