// SPDX-License-Identifier: MIT
#pragma once

// Reads YAML text that may come from anybody: bounded, strict, and with every complaint in our own
// words.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/diagnostic.hpp>
#include <imagewright/yaml/node.hpp>

namespace imagewright::yaml {

/// How much a document may ask of us.
struct Limits {
  base::ByteSize text = base::ByteSize::mib(16);
  std::uint32_t depth = 64;
  std::uint32_t nodes = 500'000; ///< after aliases are expanded
};

/// What a text holds. The root is absent when the text cannot be understood, and then there is an
/// error.
struct Document {
  std::optional<Node> root;
  base::Diagnostics diagnostics;
};

/// Reads exactly one document. `file` is the name used in positions. Duplicate keys are errors that
/// name both positions; the first one is kept, so that the rest can be checked too.
Document parse(std::string_view text, const std::string& file, const Limits& limits = {});

} // namespace imagewright::yaml
