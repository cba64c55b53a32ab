// SPDX-License-Identifier: MIT
#pragma once

// How much of an image that nobody vouches for is taken into memory at once.

#include <cstddef>

#include <imagewright/base/byte_size.hpp>

namespace imagewright::inspect {

constexpr base::ByteSize k_largest_text = base::ByteSize::mib(4);
constexpr base::ByteSize k_largest_file = base::ByteSize::gib(4);
constexpr base::ByteSize k_largest_database = base::ByteSize::gib(1);
constexpr base::ByteSize k_largest_program = base::ByteSize::mib(512);

/// Of a name that is shown on one line: more is none.
constexpr std::size_t k_longest_name = 1024;

} // namespace imagewright::inspect
