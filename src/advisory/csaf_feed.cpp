// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "csaf_products.hpp"
#include "feeds.hpp"
#include "json_documents.hpp"
#include "xml_reader.hpp"

// CSAF 2.0, section 3.2.3: a vulnerability gives each product a status. Of one package, several
// products speak: a range that is affected, a version that has the fix.

namespace imagewright::advisory {

namespace {

/// What one vulnerability says of one package.
struct Statements {
  std::vector<std::vector<Condition>> ranges; ///< affected
  std::set<std::string> products;             ///< all that are affected or investigated
  std::optional<base::PackageVersion> fixed;  ///< the newest version that is
  bool is_affected = false;                   ///< a version is, or all are
  bool is_investigated = false;
};

using ByPackage = std::map<std::pair<std::string, std::string>, Statements>;

class CsafReader final : public DocumentReader {
public:
  explicit CsafReader(std::string file) : file_(std::move(file)) {}

  void read(const json::Value& whole, const std::string& file) override {
    document_file_ = file;
    const json::Value& document = *whole.find("document");
    const std::string version = text_member(document, "csaf_version");
    if (version != "2.0" && version != "2.1")
      damaged(fmt::format("it is of CSAF {}", base::quoted(version)));
    const json::Value* tracking = document.find("tracking");
    identifier_ = tracking == nullptr ? "" : text_member(*tracking, "id");
    if (identifier_.empty()) damaged("it has no tracking id");
    note_time(text_member(*tracking, "current_release_date"));
    const json::Value* aggregate = document.find("aggregate_severity");
    general_severity_ =
        aggregate == nullptr ? std::nullopt : find_severity(text_member(*aggregate, "text"));
    const json::Value* vulnerabilities = whole.find("vulnerabilities");
    if (vulnerabilities == nullptr) {
      if (text_member(document, "category") == "csaf_vex") damaged("it names no vulnerability");
      return;
    }
    const json::Value* tree = whole.find("product_tree");
    products_ = tree == nullptr ? CsafProducts() : read_csaf_products(*tree, document_file_);
    read_groups(tree);
    for (const json::Value& vulnerability : list(*vulnerabilities))
      read_vulnerability(vulnerability, text_member(*tracking, "initial_release_date"));
  }

  Feed take() override {
    return {.kind = FeedKind::csaf,
            .file = file_,
            .made = newest_,
            .advisories = std::move(advisories_)};
  }

private:
  void read_groups(const json::Value* tree) {
    groups_.clear();
    const json::Value* groups = tree == nullptr ? nullptr : tree->find("product_groups");
    if (groups == nullptr) return;
    for (const json::Value& group : list(*groups))
      groups_[text_member(group, "group_id")] = identifiers_of(group, "product_ids");
  }

  void read_vulnerability(const json::Value& vulnerability, const std::string& date) {
    ByPackage by_package;
    const json::Value* status = vulnerability.find("product_status");
    if (status == nullptr || status->find_object() == nullptr)
      damaged("a vulnerability has no product_status");
    for (const auto& [word, value] : *status->find_object())
      read_status(word, *status, by_package);
    const std::string cve = text_member(vulnerability, "cve");
    for (const auto& [package, statements] : by_package) {
      if (statements.ranges.empty() && !statements.is_affected && !statements.is_investigated &&
          !statements.fixed)
        continue;
      advisories_.push_back(advisory_of(package, statements, vulnerability));
      advisories_.back().vulnerability = cve.empty() ? identifier_ : cve;
      advisories_.back().date = date;
    }
  }

  void read_status(const std::string& word, const json::Value& status,
                   ByPackage& by_package) const {
    const bool is_affected =
        word == "known_affected" || word == "first_affected" || word == "last_affected";
    const bool is_fixed = word == "fixed" || word == "first_fixed" || word == "recommended";
    const bool is_investigated = word == "under_investigation";
    if (!is_affected && !is_fixed && !is_investigated && word != "known_not_affected" &&
        word != "unknown")
      damaged(fmt::format("it has products of the status {}", base::quoted(word)));
    for (const std::string& identifier : identifiers_of(status, word)) {
      const auto product = products_.find(identifier);
      if (product == products_.end())
        damaged(fmt::format("the product {} is not in its tree", base::quoted(identifier)));
      if (!product->second) {
        // Of a product that is not understood, only "not affected" leaves nothing out.
        if (is_affected || is_investigated || word == "unknown")
          damaged(fmt::format("the product {} is no package", base::quoted(identifier)));
        continue;
      }
      const CsafPackage& package = *product->second;
      Statements& statements = by_package[{package.name, package.distribution_tag}];
      if (is_fixed) {
        note_fixed(package, statements);
      } else if (word != "known_not_affected") {
        statements.products.insert(identifier);
        note_open(package, is_affected, statements);
      }
    }
  }

  static void note_fixed(const CsafPackage& package, Statements& statements) {
    if (!package.version) return;
    if (!statements.fixed || base::compare_versions(*statements.fixed, *package.version) < 0)
      statements.fixed = package.version;
  }

  static void note_open(const CsafPackage& package, bool is_affected, Statements& statements) {
    if (!is_affected) {
      statements.is_investigated = true;
    } else if (!package.range.empty()) {
      statements.ranges.push_back(package.range);
    } else {
      statements.is_affected = true;
    }
  }

  /// A version that is affected says nothing of its neighbours: until a version is called fixed,
  /// all count as affected.
  Advisory advisory_of(const std::pair<std::string, std::string>& package,
                       const Statements& statements, const json::Value& vulnerability) const {
    Advisory advisory{
        .vulnerability = {},
        .identifier = identifier_,
        .package = package.first,
        .severity = severity_of(vulnerability, statements.products),
        .date = {},
        .alternatives = statements.ranges,
        .fixed_in = statements.fixed,
        .is_without_fix = has_remediation(vulnerability, "no_fix_planned", statements.products),
        .is_under_investigation =
            statements.is_investigated && !statements.is_affected && statements.ranges.empty(),
        .distribution_tag = package.second};
    const bool has_fix_only = statements.fixed && !statements.is_investigated;
    if (statements.is_affected || statements.ranges.empty() || has_fix_only)
      advisory.alternatives.push_back({until(package.first, statements.fixed)});
    return advisory;
  }

  static Condition until(const std::string& package,
                         const std::optional<base::PackageVersion>& fixed) {
    if (fixed) {
      const bool has_tag =
          fixed->release.find_last_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos;
      return {.package = package,
              .comparison = Comparison::less,
              .version = *fixed,
              .ignores_distribution_tag = !has_tag};
    }
    return {.package = package,
            .comparison = Comparison::greater_or_equal,
            .version = {.epoch = 0, .version = "0", .release = {}}};
  }

  /// Whether an entry is about one of the products; one that names none is about all.
  bool is_about(const json::Value& entry, const std::set<std::string>& products) const {
    std::vector<std::string> named = identifiers_of(entry, "product_ids");
    const std::vector<std::string> scored = identifiers_of(entry, "products");
    named.insert(named.end(), scored.begin(), scored.end());
    const std::vector<std::string> groups = identifiers_of(entry, "group_ids");
    for (const std::string& group : groups) {
      const auto found = groups_.find(group);
      if (found == groups_.end())
        damaged(fmt::format("the group {} is not there", base::quoted(group)));
      named.insert(named.end(), found->second.begin(), found->second.end());
    }
    return (named.empty() && groups.empty()) ||
           std::any_of(named.begin(), named.end(),
                       [&](const std::string& name) { return products.contains(name); });
  }

  bool has_remediation(const json::Value& vulnerability, std::string_view category,
                       const std::set<std::string>& products) const {
    const json::Value* remediations = vulnerability.find("remediations");
    if (remediations == nullptr || products.empty()) return false;
    const json::Array& entries = list(*remediations);
    return std::any_of(entries.begin(), entries.end(), [&](const json::Value& entry) {
      return text_member(entry, "category") == category && is_about(entry, products);
    });
  }

  /// The vendor's own word counts before a score.
  Severity severity_of(const json::Value& vulnerability,
                       const std::set<std::string>& products) const {
    Severity highest = Severity::unknown;
    const json::Value* threats = vulnerability.find("threats");
    if (threats != nullptr) {
      for (const json::Value& threat : list(*threats)) {
        if (text_member(threat, "category") != "impact" || !is_about(threat, products)) continue;
        highest = std::max(
            highest, find_severity(text_member(threat, "details")).value_or(Severity::unknown));
      }
    }
    const json::Value* scores = vulnerability.find("scores");
    if (highest != Severity::unknown || scores == nullptr)
      return highest == Severity::unknown ? general_severity_.value_or(highest) : highest;
    for (const json::Value& score : list(*scores)) {
      if (!is_about(score, products)) continue;
      if (const json::Value* cvss = score.find("cvss_v3"))
        highest = std::max(
            highest, find_severity(text_member(*cvss, "baseSeverity")).value_or(Severity::unknown));
    }
    return highest == Severity::unknown ? general_severity_.value_or(highest) : highest;
  }

  std::vector<std::string> identifiers_of(const json::Value& object,
                                          std::string_view member) const {
    std::vector<std::string> names;
    const json::Value* value = object.find(member);
    if (value == nullptr) return names;
    for (const json::Value& name : list(*value)) {
      if (name.find_string() == nullptr)
        damaged(fmt::format("{} names something that is no text", member));
      names.push_back(*name.find_string());
    }
    return names;
  }

  const json::Array& list(const json::Value& value) const {
    if (value.find_array() == nullptr) damaged("it has something else where a list belongs");
    return *value.find_array();
  }

  void note_time(const std::string& text) {
    const auto time = parse_time(text);
    if (!time) damaged(fmt::format("{} has no current_release_date", base::quoted(identifier_)));
    if (!newest_ || *time > *newest_) newest_ = time;
  }

  [[noreturn]] void damaged(const std::string& why) const {
    throw_damaged_feed(document_file_, why);
  }

  std::string file_;
  std::string document_file_;
  std::string identifier_;
  std::optional<Severity> general_severity_;
  CsafProducts products_;
  std::map<std::string, std::vector<std::string>, std::less<>> groups_;
  std::optional<base::Epoch> newest_;
  std::vector<Advisory> advisories_;
};

} // namespace

bool is_csaf(const json::Value& document) {
  const json::Value* head = document.find("document");
  return head != nullptr && head->find("csaf_version") != nullptr;
}

std::unique_ptr<DocumentReader> csaf_reader(const std::string& file) {
  return std::make_unique<CsafReader>(file);
}

} // namespace imagewright::advisory
