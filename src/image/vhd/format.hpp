// SPDX-License-Identifier: MIT
#pragma once

// The format's row: dynamic and fixed VHD.

#include "image/format.hpp"

namespace imagewright::image {

extern const FormatWriter k_dynamic_vhd_writer;
extern const FormatReader k_dynamic_vhd_reader;
extern const FormatWriter k_fixed_vhd_writer;
extern const FormatReader k_fixed_vhd_reader;

} // namespace imagewright::image
