// SPDX-License-Identifier: MIT
#pragma once

// One file of the config language: read, parsed and held against its table.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/yaml/node.hpp>

#include "config/bind/reader.hpp"

namespace imagewright::config {

/// A checked document. Its nodes stay where they are, because checks remember them by address.
class CheckedDocument {
public:
  CheckedDocument(std::string_view text, const std::string& file, const Type& type,
                  std::filesystem::path directory);
  /// A mapping inside of a document, which has been checked with it and outlives this, as a
  /// document of that type by itself.
  CheckedDocument(const CheckedDocument& whole, const yaml::Node& node, const Type& type);
  CheckedDocument(const CheckedDocument&) = delete;
  CheckedDocument& operator=(const CheckedDocument&) = delete;
  ~CheckedDocument() = default;

  /// Nothing when the text is not YAML or its top is no mapping.
  std::optional<Reader> root() const;
  /// Is everything below this top-level key free of errors?
  bool is_clean(std::string_view section) const;
  const base::Diagnostics& diagnostics() const { return diagnostics_; }

private:
  const Type& type_;
  std::optional<yaml::Node> owned_;
  const yaml::Node* node_ = nullptr; ///< null when the text is not YAML
  Checker own_checker_;
  const Checker* checker_; ///< the own one, or that of the document that this is a part of
  BindContext context_;
  base::Diagnostics diagnostics_;
};

/// For hints about a file that is there, and that its permissions keep from being read.
std::string how_to_make_readable(const std::filesystem::path& path);

/// The text of a file, or an error about it at `named_at` (else about the file as a whole).
struct FileText {
  std::optional<std::string> text;
  base::Diagnostics diagnostics;
};
FileText read_config_file(const std::filesystem::path& path,
                          const std::optional<base::SourceLocation>& named_at);

} // namespace imagewright::config
