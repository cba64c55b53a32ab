// SPDX-License-Identifier: MIT
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>

#include "feeds.hpp"
#include "json_documents.hpp"
#include "xml_reader.hpp"

// OSV schema 1.7: a document a vulnerability; ranges of type ECOSYSTEM with events. Versions of
// "last_affected" often lack the distribution's tag.

namespace imagewright::advisory {

namespace {

class OsvReader final : public DocumentReader {
public:
  explicit OsvReader(std::string file) : file_(std::move(file)) {}

  void read(const json::Value& document, const std::string& file) override {
    document_file_ = file;
    const std::string identifier = text_member(document, "id");
    if (identifier.empty()) damaged("a document has no id");
    note_time(text_member(document, "modified"));
    if (document.find("withdrawn") != nullptr) return;
    const json::Value* affected = document.find("affected");
    if (affected == nullptr) return;
    if (affected->find_array() == nullptr)
      damaged(fmt::format("what {} affects is not a list", identifier));
    for (const json::Value& entry : *affected->find_array())
      read_affected(document, identifier, entry);
  }

  Feed take() override {
    return {.kind = FeedKind::osv,
            .file = file_,
            .made = newest_,
            .advisories = std::move(advisories_)};
  }

private:
  void read_affected(const json::Value& document, const std::string& identifier,
                     const json::Value& entry) {
    const json::Value* package = entry.find("package");
    const std::string name = package == nullptr ? "" : text_member(*package, "name");
    if (name.empty()) damaged(fmt::format("{} affects a package without a name", identifier));
    require_one_ecosystem(text_member(*package, "ecosystem"));
    Advisory advisory{.vulnerability = identifier,
                      .identifier = identifier,
                      .package = name,
                      .severity = severity_of(document, entry),
                      .date = text_member(document, "published")};
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
      const std::string type = text_member(range, "type");
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
      if (const std::string start = text_member(event, "introduced"); !start.empty()) {
        if (open) add(advisory, std::move(*open));
        open.emplace();
        if (start != "0") open->push_back(condition(advisory, Comparison::greater_or_equal, start));
      }
      const std::string fixed = text_member(event, "fixed");
      const std::string last = text_member(event, "last_affected");
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
        if (const auto severity = find_severity(text_member(*specific, "severity")))
          return *severity;
      }
    }
    return Severity::unknown;
  }

  /// The same name is another package elsewhere, with versions that are ordered otherwise.
  void require_one_ecosystem(const std::string& ecosystem) {
    if (!ecosystem_) ecosystem_ = ecosystem;
    if (*ecosystem_ == ecosystem) return;
    damaged(fmt::format("it is of {} and of {}; give the documents of one of them",
                        base::quoted(*ecosystem_), base::quoted(ecosystem)));
  }

  void note_time(const std::string& text) {
    const auto time = parse_time(text);
    if (time && (!newest_ || *time > *newest_)) newest_ = time;
  }

  [[noreturn]] void damaged(const std::string& why) const {
    throw_damaged_feed(document_file_, why);
  }

  std::string file_;
  std::string document_file_;
  std::optional<base::Epoch> newest_;
  std::optional<std::string> ecosystem_;
  std::vector<Advisory> advisories_;
};

} // namespace

std::unique_ptr<DocumentReader> osv_reader(const std::string& file) {
  return std::make_unique<OsvReader>(file);
}

} // namespace imagewright::advisory
