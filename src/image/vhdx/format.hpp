// SPDX-License-Identifier: MIT
#pragma once

// The format's row: VHDX.

#include "image/format.hpp"

namespace imagewright::image {

extern const FormatWriter k_vhdx_writer;
extern const FormatReader k_vhdx_reader;

} // namespace imagewright::image
