// SPDX-License-Identifier: MIT
#pragma once

// Names of packages as bytes.

#include <imagewright/model/package.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::install {

void write_nevra(sandbox::ByteWriter& writer, const model::Nevra& nevra);
/// Throws base::BugError when it is not there.
model::Nevra read_nevra(sandbox::ByteReader& reader);

} // namespace imagewright::install
