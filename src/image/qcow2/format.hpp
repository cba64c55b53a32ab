// SPDX-License-Identifier: MIT
#pragma once

// The format's row: qcow2, which QEMU's documentation specifies.

#include "image/format.hpp"

namespace imagewright::image {

extern const FormatWriter k_qcow2_writer;
extern const FormatReader k_qcow2_reader;

} // namespace imagewright::image
