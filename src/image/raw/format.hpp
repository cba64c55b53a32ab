// SPDX-License-Identifier: MIT
#pragma once

// The format's row: the disk's bytes and nothing else.

#include "image/format.hpp"

namespace imagewright::image {

extern const FormatWriter k_raw_writer;
extern const FormatReader k_raw_reader;

} // namespace imagewright::image
