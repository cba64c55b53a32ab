// SPDX-License-Identifier: MIT
#pragma once

// The format's row: COSI, archives of partition images (the Composable OS Image specification).

#include "image/format.hpp"

namespace imagewright::image {

extern const FormatWriter k_cosi_writer;
/// The same in whole MiB, with the footer of a fixed VHD.
extern const FormatWriter k_baremetal_writer;
extern const FormatReader k_cosi_reader;

} // namespace imagewright::image
