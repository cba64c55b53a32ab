// SPDX-License-Identifier: MIT
#pragma once

// The facts of a system as bytes, from the worker that found them.

#include <string>
#include <string_view>

#include <imagewright/inspect/system_facts.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::inspect {

std::string encode(const SystemFacts& facts);

void write(sandbox::ByteWriter& writer, const model::Nevra& nevra);
/// Throws base::BugError for bytes that are none.
model::Nevra read_nevra(sandbox::ByteReader& reader);

/// Throws base::BugError for bytes that are no facts.
SystemFacts decode_system_facts(std::string_view bytes);

} // namespace imagewright::inspect
