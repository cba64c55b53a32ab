// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/model/image_config.hpp>

#include "config/document.hpp"

namespace imagewright::config {

/// Reads one config and, before it, the configs that it builds on.
class Loader {
public:
  /// `variant`: which one of the first file is meant; empty: what all of them share.
  explicit Loader(LoadOptions options, std::string variant = {})
      : options_(std::move(options)), variant_(std::move(variant)) {}

  /// Nothing when the file cannot be understood at all.
  std::optional<model::ImageConfig> load_file(const std::filesystem::path& path,
                                              const std::optional<base::SourceLocation>& named_at);
  std::optional<model::ImageConfig> load_text(std::string_view text,
                                              const std::filesystem::path& path);
  const base::Diagnostics& diagnostics() const { return diagnostics_; }
  /// Mistakes only of a config that has no release, in none of its files.
  const base::Diagnostics& diagnostics_without_release() const { return without_release_; }

private:
  model::ImageConfig read_own(const CheckedDocument& document, const std::filesystem::path& path);
  /// The base configs, merged in their order into what stands before them.
  std::optional<model::ImageConfig> load_bases(const Reader& root,
                                               const std::filesystem::path& path,
                                               std::optional<model::ImageConfig> merged);
  /// The roles that a file names, merged in their order; nothing when there are none.
  std::optional<model::ImageConfig> load_roles(const Reader& root,
                                               const std::filesystem::path& path);
  /// Where the role's file is; nothing, with a diagnostic, when there is none.
  std::optional<std::filesystem::path> find_role(const model::LocatedText& name,
                                                 const std::filesystem::path& path);
  /// Another file that one names.
  std::optional<model::ImageConfig> load_named(const std::filesystem::path& target,
                                               const base::SourceLocation& where);
  /// The config with the chosen variant laid over it, of a document that may have variants.
  model::ImageConfig with_variant(model::ImageConfig config, const CheckedDocument& document,
                                  const std::filesystem::path& path);
  void note_switches(const Reader& root);
  void apply_switches(model::ImageConfig& config) const;
  /// The mistakes of a file that another one names, with the places that led to it.
  void add_from_named_file(const base::Diagnostics& diagnostics);
  void report_cycle(const base::SourceLocation& where, const std::filesystem::path& target);
  /// The packages of list files, as `os.packages.installLists` names them.
  std::vector<model::PackageRequest> read_lists(const Reader& packages, const std::string& key,
                                                const std::filesystem::path& path);
  std::optional<model::ImageConfig> combine(std::optional<model::ImageConfig> base,
                                            model::ImageConfig own);

  LoadOptions options_;
  std::string variant_;
  base::Diagnostics diagnostics_;
  base::Diagnostics without_release_;
  /// Switches as the last file that gives one has them.
  std::map<std::string, model::Located<bool>> switches_;
  std::vector<std::filesystem::path> chain_;   ///< files that are being read, outermost first
  std::vector<base::SourceLocation> named_at_; ///< where each of them but the first is named
  std::set<std::filesystem::path> finished_;
  std::vector<std::filesystem::path> files_;
};

} // namespace imagewright::config
