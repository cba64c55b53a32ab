// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/json/value.hpp>

#include "feeds.hpp"
#include "xml_reader.hpp"

// OSV schema 1.7: a document a vulnerability; ranges of type ECOSYSTEM with events. Versions of
// "last_affected" often lack the distribution's tag.

namespace imagewright::advisory {

namespace {

constexpr base::ByteSize k_largest_document = base::ByteSize::mib(512);

class OsvReader {
public:
  explicit OsvReader(std::string file) : file_(std::move(file)) {}

  /// One document, a list of them, or one on each line.
  void read(const std::string& text, const std::string& file) {
    document_file_ = file;
    if (is_one_a_line(text)) {
      for (const std::string& line : base::split(text, '\n')) {
        if (!base::trimmed(line).empty()) read_document(json::parse(line, file));
      }
      return;
    }
    const json::Value value = json::parse(text, file);
    if (const json::Array* list = value.find_array()) {
      for (const json::Value& document : *list)
        read_document(document);
    } else {
      read_document(value);
    }
  }

  Feed take() {
    return {.kind = FeedKind::osv,
            .file = file_,
            .made = newest_,
            .advisories = std::move(advisories_)};
  }

private:
  static bool is_one_a_line(std::string_view text) {
    const auto end = text.find('\n');
    const std::string_view first = base::trimmed(text.substr(0, end));
    const std::string_view rest =
        end == std::string_view::npos ? std::string_view() : base::trimmed(text.substr(end));
    return first.starts_with('{') && first.ends_with('}') && rest.starts_with('{');
  }

  void read_document(const json::Value& document) {
    const std::string identifier = text_of(document, "id");
    if (identifier.empty()) damaged("a document has no id");
    note_time(text_of(document, "modified"));
    if (document.find("withdrawn") != nullptr) return;
    const json::Value* affected = document.find("affected");
    if (affected == nullptr || affected->find_array() == nullptr) return;
    for (const json::Value& entry : *affected->find_array())
      read_affected(document, identifier, entry);
  }

  void read_affected(const json::Value& document, const std::string& identifier,
                     const json::Value& entry) {
    const json::Value* package = entry.find("package");
    const std::string name = package == nullptr ? "" : text_of(*package, "name");
    if (name.empty()) damaged(fmt::format("{} affects a package without a name", identifier));
    Advisory advisory{.vulnerability = identifier,
                      .identifier = identifier,
                      .package = name,
                      .severity = severity_of(document, entry),
                      .date = text_of(document, "published")};
    read_versions(entry, advisory);
    if (const json::Value* ranges = entry.find("ranges")) read_ranges(*ranges, advisory);
    if (advisory.alternatives.empty())
      damaged(fmt::format("{} does not say which versions of {} it affects", identifier, name));
    for (const std::string& vulnerability : vulnerabilities_of(document, identifier)) {
      advisory.vulnerability = vulnerability;
      advisories_.push_back(advisory);
    }
  }

  void read_versions(const json::Value& entry, Advisory& advisory) const {
    const json::Value* versions = entry.find("versions");
    if (versions == nullptr || versions->find_array() == nullptr) return;
    for (const json::Value& version : *versions->find_array()) {
      if (version.find_string() == nullptr) damaged("a version is not a text");
      add(advisory, {condition(advisory, Comparison::equal, *version.find_string())});
    }
  }

  void read_ranges(const json::Value& ranges, Advisory& advisory) const {
    if (ranges.find_array() == nullptr) damaged("ranges are not a list");
    for (const json::Value& range : *ranges.find_array()) {
      const std::string type = text_of(range, "type");
      if (type == "GIT") continue;
      if (type != "ECOSYSTEM")
        damaged(fmt::format("{} has a range of type {}", advisory.identifier, base::quoted(type)));
      read_events(json::array_member(range, "events", document_file_), advisory);
    }
  }

  /// Each "introduced" opens an alternative, which the next "fixed" or "last_affected" closes.
  void read_events(const json::Array& events, Advisory& advisory) const {
    std::optional<std::vector<Condition>> open;
    for (const json::Value& event : events) {
      if (const std::string start = text_of(event, "introduced"); !start.empty()) {
        if (open) add(advisory, std::move(*open));
        open.emplace();
        if (start != "0") open->push_back(condition(advisory, Comparison::greater_or_equal, start));
      }
      const std::string fixed = text_of(event, "fixed");
      const std::string last = text_of(event, "last_affected");
      if (fixed.empty() && last.empty()) continue;
      if (!open) damaged(fmt::format("{} ends a range that did not begin", advisory.identifier));
      if (!fixed.empty()) {
        open->push_back(condition(advisory, Comparison::less, fixed));
        advisory.fixed_in = open->back().version;
      } else {
        open->push_back(condition(advisory, Comparison::less_or_equal, last));
        open->back().ignores_distribution_tag = true;
      }
      add(advisory, std::move(*open));
      open.reset();
    }
    if (open) add(advisory, std::move(*open));
  }

  static void add(Advisory& advisory, std::vector<Condition> conditions) {
    // Every version is affected: a condition that always holds names the package.
    if (conditions.empty())
      conditions.push_back({.package = advisory.package,
                            .comparison = Comparison::greater_or_equal,
                            .version = {.epoch = 0, .version = "0", .release = {}}});
    advisory.alternatives.push_back(std::move(conditions));
  }

  Condition condition(const Advisory& advisory, Comparison comparison,
                      const std::string& text) const {
    const auto version = base::PackageVersion::parse(text);
    if (!version)
      damaged(fmt::format("{} has {} as version", advisory.identifier, base::quoted(text)));
    return {.package = advisory.package, .comparison = comparison, .version = *version};
  }

  static std::set<std::string> vulnerabilities_of(const json::Value& document,
                                                  const std::string& identifier) {
    std::set<std::string> names;
    for (const char* member : {"upstream", "aliases"}) {
      const json::Value* list = document.find(member);
      if (list == nullptr || list->find_array() == nullptr) continue;
      for (const json::Value& name : *list->find_array()) {
        if (name.find_string() != nullptr && name.find_string()->starts_with("CVE-"))
          names.insert(*name.find_string());
      }
    }
    if (names.empty()) names.insert(identifier);
    return names;
  }

  static Severity severity_of(const json::Value& document, const json::Value& entry) {
    for (const json::Value* owner : {&entry, &document}) {
      for (const char* member : {"ecosystem_specific", "database_specific"}) {
        const json::Value* specific = owner->find(member);
        if (specific == nullptr) continue;
        if (const auto severity = find_severity(text_of(*specific, "severity"))) return *severity;
      }
    }
    return Severity::unknown;
  }

  void note_time(const std::string& text) {
    const auto time = parse_time(text);
    if (time && (!newest_ || *time > *newest_)) newest_ = time;
  }

  static std::string text_of(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value != nullptr && value->find_string() != nullptr ? *value->find_string() : "";
  }

  [[noreturn]] void damaged(const std::string& why) const {
    throw_damaged_feed(document_file_, why);
  }

  std::string file_;
  std::string document_file_;
  std::optional<base::Epoch> newest_;
  std::vector<Advisory> advisories_;
};

std::vector<std::filesystem::path> documents_of(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json")
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw_damaged_feed(path.string(), "there is no file *.json in it");
  return files;
}

} // namespace

Feed read_osv(const std::filesystem::path& path) {
  OsvReader reader(path.string());
  for (const std::filesystem::path& file : documents_of(path)) {
    try {
      reader.read(fs::read_file(file, k_largest_document), file.string());
    } catch (const base::Error& error) {
      if (!error.diagnostic().code.starts_with("json.")) throw;
      throw_damaged_feed(file.string(), error.diagnostic().message);
    }
  }
  return reader.take();
}

} // namespace imagewright::advisory
