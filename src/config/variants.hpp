// SPDX-License-Identifier: MIT
#pragma once

// Several images in one config: what they share, and what each has of its own.

#include <filesystem>
#include <string>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/yaml/node.hpp>

#include "config/document.hpp"

namespace imagewright::config {

/// What is wrong with the variants of a file as such: keys that belong to the file as a whole, two
/// that would have one name, or variants in a file that another one names.
base::Diagnostics check_variants(const CheckedDocument& document, const std::filesystem::path& path,
                                 bool is_named_by_another);

/// The mapping of a variant; null when there is none of that name, or it has nothing of its own.
const yaml::Node* find_variant(const CheckedDocument& document, const std::string& name);

base::Diagnostics no_such_variant(const CheckedDocument& document, const std::string& name,
                                  const std::filesystem::path& path);

/// What an image is called when no config says so.
std::string default_name(const std::filesystem::path& path, const std::string& variant);

} // namespace imagewright::config
