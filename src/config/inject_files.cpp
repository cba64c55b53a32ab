// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/inject_files.hpp>
#include <imagewright/fs/input.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/yaml/parse.hpp>

#include "config/document.hpp"
#include "config/language/language.hpp"

namespace imagewright::config {

namespace {

constexpr std::string_view k_feature = "inject-files";

bool is_of_image_configs_alone(const yaml::Entry& entry) {
  return find_key(k_image_config_type.keys, entry.key) != nullptr &&
         find_key(k_inject_files_type.keys, entry.key) == nullptr;
}

/// Without the feature nothing in the file counts, not even that it holds nothing.
base::Diagnostics check_feature(const Reader& root) {
  base::Diagnostics diagnostics;
  const yaml::Node* list = root.node().find("previewFeatures");
  const bool is_given = list != nullptr && !list->is_null();
  if (is_given && !list->is_sequence()) return diagnostics; // said already
  const bool is_listed = is_given && std::ranges::any_of(list->items, [](const yaml::Node& item) {
                           return item.text == k_feature;
                         });
  if (is_listed) return diagnostics;
  diagnostics.error("config.preview-feature",
                    fmt::format("a list of files to put back needs the preview feature {}",
                                base::quoted(k_feature)),
                    is_given ? list->where : root.where(),
                    fmt::format("add \"- {}\" to previewFeatures in this file", k_feature));
  return diagnostics;
}

/// Of two files in one place the second would silently be the one.
base::Diagnostics check_places(const std::vector<Reader>& files) {
  base::Diagnostics diagnostics;
  std::map<std::tuple<model::MountIdentifier, std::string, std::string>, base::SourceLocation> seen;
  for (const Reader& file : files) {
    const auto partition = file.mapping("partition");
    const auto destination = file.text("destination");
    const auto id = partition ? partition->text("id") : std::nullopt;
    if (!id || !destination) continue;
    const auto given_kind = partition->word<model::MountIdentifier>("idType");
    const auto kind = given_kind ? given_kind->value : model::MountIdentifier::part_uuid;
    const bool is_label = kind == model::MountIdentifier::part_label;
    const auto [first, is_new] = seen.emplace(
        std::tuple(kind, is_label ? id->text : base::to_lower(id->text), destination->text),
        destination->where);
    if (is_new) continue;
    diagnostics.add(
        {.severity = base::Severity::warning,
         .code = "config.conflict",
         .message = fmt::format("two files are put at {} of the same partition, and the "
                                "last one stays",
                                base::quoted(destination->text)),
         .where = destination->where,
         .related = {{first->second, "the first one stands here"}},
         .hint = "keep one of them"});
  }
  return diagnostics;
}

base::Diagnostics check_sources(const std::vector<Reader>& files) {
  base::Diagnostics diagnostics;
  for (const Reader& file : files) {
    const auto source = file.text("source");
    if (!source) continue;
    const std::filesystem::path path = file.resolve(source->text);
    std::error_code ignored;
    const auto status = std::filesystem::status(path, ignored);
    if (std::filesystem::is_regular_file(status)) continue;
    diagnostics.error(
        "config.missing-file",
        fmt::format("the file {} {}", base::quoted(path.string()),
                    std::filesystem::exists(status) ? "is not a file" : "does not exist"),
        source->where, "check the path; it starts at the directory of this file");
  }
  return diagnostics;
}

base::Diagnostics in_file_order(const base::Diagnostics& diagnostics) {
  base::Diagnostics sorted;
  for (base::Diagnostic& each : diagnostics.sorted())
    sorted.add(std::move(each));
  return sorted;
}

CheckedDocument document_of(std::string_view text, const std::filesystem::path& path) {
  return CheckedDocument(text, path.string(), k_inject_files_type,
                         std::filesystem::absolute(path).lexically_normal().parent_path());
}

base::Diagnostics mistakes_in(const CheckedDocument& document, const LoadOptions& options) {
  base::Diagnostics diagnostics = document.diagnostics();
  if (const auto root = document.root()) {
    const std::vector<Reader> files = root->mappings("injectFiles");
    diagnostics.append(check_feature(*root));
    diagnostics.append(check_places(files));
    if (options.file_checks == FileChecks::performed) diagnostics.append(check_sources(files));
  }
  return in_file_order(diagnostics);
}

} // namespace

bool is_inject_files(std::string_view text, const std::filesystem::path& path) {
  const bool is_named_so = path.stem() == k_feature;
  if (!is_named_so && text.find("injectFiles") == std::string_view::npos) return false;
  const yaml::Document document = yaml::parse(text, path.string());
  if (!document.root || !document.root->is_mapping()) return is_named_so;
  if (std::ranges::any_of(document.root->entries, is_of_image_configs_alone)) return false;
  return is_named_so || document.root->find("injectFiles") != nullptr;
}

base::Diagnostics check_inject_files(std::string_view text, const std::filesystem::path& path,
                                     const LoadOptions& options) {
  return mistakes_in(document_of(text, path), options);
}

std::vector<model::InjectedFile> load_inject_files(const std::filesystem::path& path) {
  const std::string text = fs::read_input(path, "list of files", base::ByteSize::mib(16));
  const CheckedDocument document = document_of(text, path);
  base::Diagnostics mistakes = mistakes_in(document, {});
  if (mistakes.has_errors()) throw base::InputError(std::move(mistakes));
  std::vector<model::InjectedFile> files;
  for (const Reader& each : document.root()->mappings("injectFiles")) {
    const Reader partition = *each.mapping("partition");
    const auto kind = partition.word<model::MountIdentifier>("idType");
    files.push_back({.partition_kind = kind ? kind->value : model::MountIdentifier::part_uuid,
                     .partition = *partition.text("id"),
                     .source = *each.path("source"),
                     .destination = each.text("destination")->text,
                     .where = each.where()});
  }
  return files;
}

} // namespace imagewright::config
