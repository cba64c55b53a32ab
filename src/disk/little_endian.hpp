// SPDX-License-Identifier: MIT
#pragma once

// The byte order of GPT, FAT and ext4.

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/zeros.hpp>

namespace imagewright::disk {

using base::as_text;
using base::Bytes;
using base::is_all_zero;
using base::put_text;
using base::little_endian::get;
using base::little_endian::put;

} // namespace imagewright::disk
