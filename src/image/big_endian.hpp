// SPDX-License-Identifier: MIT
#pragma once

// The byte order of qcow2 and VHD.

#include <imagewright/base/byte_order.hpp>

namespace imagewright::image {

using base::Bytes;
using base::put_text;
using base::big_endian::get;
using base::big_endian::put;

} // namespace imagewright::image
