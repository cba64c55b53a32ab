// SPDX-License-Identifier: MIT
#include "config/document.hpp"

#include <set>
#include <system_error>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/shell.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/yaml/parse.hpp>

namespace imagewright::config {

namespace {

std::set<std::string> listed_features(const std::optional<yaml::Node>& root) {
  std::set<std::string> features;
  const yaml::Node* list = root ? root->find("previewFeatures") : nullptr;
  if (list == nullptr) return features;
  for (const yaml::Node& item : list->items)
    features.insert(item.text);
  return features;
}

} // namespace

CheckedDocument::CheckedDocument(std::string_view text, const std::string& file, const Type& type,
                                 std::filesystem::path directory)
    : type_(type), own_checker_(type, {}),
      checker_(&own_checker_), context_{own_checker_, std::move(directory)} {
  yaml::Document document = yaml::parse(text, file);
  diagnostics_ = std::move(document.diagnostics);
  owned_ = std::move(document.root);
  if (!owned_) return;
  node_ = &*owned_;
  own_checker_ = Checker(type, listed_features(owned_));
  own_checker_.check(*node_);
  diagnostics_.append(own_checker_.diagnostics());
}

CheckedDocument::CheckedDocument(const CheckedDocument& whole, const yaml::Node& node,
                                 const Type& type)
    : type_(type), node_(&node), own_checker_(type, {}),
      checker_(whole.checker_), context_{*whole.checker_, whole.context_.directory} {}

std::optional<Reader> CheckedDocument::root() const {
  if (node_ == nullptr || !node_->is_mapping()) return std::nullopt;
  return Reader(*node_, type_, context_);
}

bool CheckedDocument::is_clean(std::string_view section) const {
  const yaml::Node* value = node_ != nullptr ? node_->find(section) : nullptr;
  return value == nullptr || checker_->is_clean(*value);
}

std::string how_to_make_readable(const std::filesystem::path& path) {
  return fmt::format("give yourself the right to read it: chmod u+r {}",
                     base::shell_word(path.string()));
}

FileText read_config_file(const std::filesystem::path& path,
                          const std::optional<base::SourceLocation>& named_at) {
  FileText result;
  const auto fail = [&](std::string message, std::string hint = "check the path") {
    result.diagnostics.error("config.cannot-read", std::move(message),
                             named_at.value_or(base::SourceLocation{path.string(), 0, 0}),
                             std::move(hint));
  };
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (!std::filesystem::exists(status)) {
    fail(fmt::format("there is no file {}", base::quoted(path.string())));
  } else if (!std::filesystem::is_regular_file(status)) {
    fail(fmt::format("{} is not a regular file", base::quoted(path.string())));
  } else {
    try {
      result.text = fs::read_file(path, base::ByteSize::mib(17));
    } catch (const base::Error& error) {
      const bool may_be_read = ::access(path.c_str(), R_OK) == 0;
      fail(error.diagnostic().message, may_be_read ? "check the path" : how_to_make_readable(path));
    }
  }
  return result;
}

} // namespace imagewright::config
