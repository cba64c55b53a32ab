// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "feeds.hpp"
#include "xml_reader.hpp"

// OVAL definitions schema 5.11: definition (metadata, criteria) → rpminfo_test → rpminfo_object
// (name) and rpminfo_state (evr). The vendor's documents have elements of their own in metadata, so
// the schema cannot decide; what decides about a package must be understood to the last word.

namespace imagewright::advisory {

namespace {

/// A tree of criteria, from which alternatives are made when all tests are known.
struct Criteria {
  bool is_all = true; ///< AND, else OR
  std::vector<std::string> tests;
  std::vector<Criteria> children;
};

struct Definition {
  Advisory advisory;
  std::vector<std::string> references; ///< "CVE-2024-1", "EXSA-2024:7"
  Criteria criteria;
};

struct Test {
  std::string object;
  std::string state;
};

struct State {
  Comparison comparison = Comparison::less;
  base::PackageVersion version;
};

/// More alternatives than any feed has; a product of ORs could grow without bound.
constexpr std::size_t k_most_alternatives = 4096;

class OvalListener final : public XmlListener {
public:
  explicit OvalListener(std::string file) : file_(std::move(file)) {}

  Feed take() {
    if (!is_whole_) damaged("it is no document of OVAL definitions");
    Feed feed{.kind = FeedKind::oval, .file = file_, .made = made_, .advisories = {}};
    for (const Definition& definition : definitions_) {
      for (Advisory& advisory : finished(definition))
        feed.advisories.push_back(std::move(advisory));
    }
    return feed;
  }

private:
  void on_begin(const XmlElement& element) override {
    if (element.name == "definition") {
      open_.emplace();
      open_->advisory.identifier = element.attribute("id");
      is_vulnerability_ =
          element.attribute("class") == "vulnerability" || element.attribute("class") == "patch";
    } else if (element.name == "criteria" && open_) {
      begin_criteria(element);
    } else if (element.name == "rpminfo_test") {
      begin_test(element);
    } else if (element.name == "rpminfo_object" || element.name == "rpminfo_state") {
      identifier_ = element.attribute("id");
    }
  }

  void begin_criteria(const XmlElement& element) {
    const std::string& word = element.attribute("operator");
    if (word != "AND" && word != "OR" && !word.empty())
      damaged(fmt::format("{} has criteria with the operator {}",
                          base::quoted(open_->advisory.identifier), base::quoted(word)));
    refuse_negation(element);
    criteria_.push_back({.is_all = word != "OR", .tests = {}, .children = {}});
  }

  void begin_test(const XmlElement& element) {
    const std::string& check = element.attribute("check");
    if (check != "at least one")
      damaged(fmt::format("the test {} asks for {} of the packages",
                          base::quoted(element.attribute("id")), base::quoted(check)));
    identifier_ = element.attribute("id");
    tests_[identifier_] = {};
  }

  void on_end(const XmlElement& element) override {
    if (open_) {
      end_in_definition(element);
    } else if (element.name == "object") {
      tests_[identifier_].object = element.attribute("object_ref");
    } else if (element.name == "state") {
      tests_[identifier_].state = element.attribute("state_ref");
    } else if (element.name == "name" && !identifier_.empty()) {
      objects_[identifier_] = element.text;
    } else if (element.name == "evr") {
      end_version(element);
    } else if (element.name == "rpminfo_state" && !states_.contains(identifier_)) {
      damaged(fmt::format("the state {} says nothing of a version", base::quoted(identifier_)));
    } else if (element.name == "timestamp") {
      made_ = parse_time(element.text);
    } else if (element.name == "oval_definitions") {
      is_whole_ = true;
    }
    if (element.name.starts_with("rpminfo_")) identifier_.clear();
  }

  void end_in_definition(const XmlElement& element) {
    Advisory& advisory = open_->advisory;
    if (element.name == "reference") {
      open_->references.push_back(element.attribute("ref_id"));
    } else if (element.name == "severity") {
      advisory.severity = find_severity(element.text).value_or(Severity::unknown);
    } else if (element.name == "advisory_date") {
      advisory.date = element.text;
    } else if (element.name == "patchable") {
      end_patchable(element.text);
    } else if (element.name == "criterion") {
      if (criteria_.empty()) damaged("a criterion stands outside of criteria");
      refuse_negation(element);
      criteria_.back().tests.push_back(element.attribute("test_ref"));
    } else if (element.name == "extend_definition") {
      damaged(fmt::format("{} extends another definition", base::quoted(advisory.identifier)));
    } else if (element.name == "criteria") {
      end_criteria();
    } else if (element.name == "definition") {
      if (is_vulnerability_) definitions_.push_back(std::move(*open_));
      open_.reset();
    }
  }

  void end_patchable(const std::string& word) {
    const std::string lower = base::to_lower(word);
    if (lower == "not applicable") {
      open_->advisory.is_without_fix = true;
    } else if (lower != "true" && lower != "false") {
      damaged(fmt::format("{} is patchable: {}", base::quoted(open_->advisory.identifier),
                          base::quoted(word)));
    }
  }

  void end_criteria() {
    Criteria done = std::move(criteria_.back());
    criteria_.pop_back();
    if (criteria_.empty()) {
      open_->criteria = std::move(done);
    } else {
      criteria_.back().children.push_back(std::move(done));
    }
  }

  void end_version(const XmlElement& element) {
    static const std::map<std::string, Comparison, std::less<>> k_operations{
        {"less than", Comparison::less},
        {"less than or equal", Comparison::less_or_equal},
        {"greater than", Comparison::greater},
        {"greater than or equal", Comparison::greater_or_equal},
        {"equals", Comparison::equal}};
    const std::string& word = element.attribute("operation");
    const auto operation = k_operations.find(word.empty() ? "equals" : word);
    if (operation == k_operations.end())
      damaged(fmt::format("the state {} compares versions by {}", base::quoted(identifier_),
                          base::quoted(word)));
    // Real feeds have "0: 1.20.10-1" too.
    const auto version =
        base::PackageVersion::parse(base::join(base::split_whitespace(element.text), ""));
    if (!version)
      damaged(fmt::format("the state {} has {} as version", base::quoted(identifier_),
                          base::quoted(element.text)));
    states_[identifier_] = {operation->second, *version};
  }

  void refuse_negation(const XmlElement& element) const {
    if (element.attribute("negate") == "true")
      damaged(fmt::format("{} has negated criteria", base::quoted(open_->advisory.identifier)));
  }

  Condition condition_of(const std::string& test, const std::string& definition) const {
    const auto found = tests_.find(test);
    const auto object =
        found == tests_.end() ? objects_.end() : objects_.find(found->second.object);
    const auto state = found == tests_.end() ? states_.end() : states_.find(found->second.state);
    if (object == objects_.end() || state == states_.end())
      damaged(fmt::format("{} refers to the test {}, which is not there or not whole",
                          base::quoted(definition), base::quoted(test)));
    return {.package = object->second,
            .comparison = state->second.comparison,
            .version = state->second.version};
  }

  using Alternatives = std::vector<std::vector<Condition>>;

  Alternatives alternatives_of(const Criteria& criteria, const std::string& definition) const {
    std::vector<Alternatives> parts;
    for (const std::string& test : criteria.tests)
      parts.push_back({{condition_of(test, definition)}});
    for (const Criteria& child : criteria.children)
      parts.push_back(alternatives_of(child, definition));
    if (parts.empty()) damaged(fmt::format("{} has no criteria", base::quoted(definition)));
    Alternatives result = std::move(parts.front());
    for (std::size_t index = 1; index < parts.size(); ++index) {
      result = criteria.is_all ? product(result, parts[index]) : sum(result, parts[index]);
      if (result.size() > k_most_alternatives)
        damaged(fmt::format("{} has too many alternatives", base::quoted(definition)));
    }
    return result;
  }

  static Alternatives sum(Alternatives left, const Alternatives& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
  }

  static Alternatives product(const Alternatives& left, const Alternatives& right) {
    Alternatives result;
    for (const auto& first : left) {
      for (const auto& second : right) {
        result.push_back(first);
        result.back().insert(result.back().end(), second.begin(), second.end());
      }
    }
    return result;
  }

  /// The package that an alternative is about: the one that has a version without the
  /// vulnerability.
  static const std::string& subject_of(const std::vector<Condition>& conditions) {
    const auto found =
        std::find_if(conditions.begin(), conditions.end(), [](const auto& condition) {
          return condition.comparison == Comparison::less ||
                 condition.comparison == Comparison::less_or_equal;
        });
    return found == conditions.end() ? conditions.front().package : found->package;
  }

  /// By the vulnerabilities that it refers to; the vendor's own name counts where there are none.
  static std::set<std::string> vulnerabilities_of(const Definition& definition) {
    std::set<std::string> names;
    for (const std::string& reference : definition.references) {
      if (reference.starts_with("CVE-")) names.insert(reference);
    }
    if (!names.empty()) return names;
    const bool has_name = !definition.references.empty() && !definition.references.front().empty();
    return {has_name ? definition.references.front() : definition.advisory.identifier};
  }

  static void note_fix(Advisory& advisory, const std::vector<Condition>& conditions) {
    for (const Condition& condition : conditions) {
      if (condition.comparison != Comparison::less || condition.package != advisory.package ||
          advisory.is_without_fix)
        continue;
      if (!advisory.fixed_in || base::compare_versions(*advisory.fixed_in, condition.version) < 0)
        advisory.fixed_in = condition.version;
    }
  }

  /// One for each package that is affected on its own, and for each vulnerability.
  std::vector<Advisory> finished(const Definition& definition) const {
    std::map<std::string, Advisory> by_package;
    for (auto& conditions : alternatives_of(definition.criteria, definition.advisory.identifier)) {
      const std::string subject = subject_of(conditions);
      Advisory& advisory = by_package.try_emplace(subject, definition.advisory).first->second;
      advisory.package = subject;
      note_fix(advisory, conditions);
      advisory.alternatives.push_back(std::move(conditions));
    }
    std::vector<Advisory> advisories;
    for (const std::string& vulnerability : vulnerabilities_of(definition)) {
      for (const auto& [package, advisory] : by_package) {
        advisories.push_back(advisory);
        advisories.back().vulnerability = vulnerability;
      }
    }
    return advisories;
  }

  [[noreturn]] void damaged(const std::string& why) const { throw_damaged_feed(file_, why); }

  std::string file_;
  bool is_whole_ = false;
  std::optional<base::Epoch> made_;
  std::optional<Definition> open_;
  bool is_vulnerability_ = false;
  std::vector<Criteria> criteria_;
  std::vector<Definition> definitions_;
  std::string identifier_; ///< of the test, object or state that is open
  std::map<std::string, Test, std::less<>> tests_;
  std::map<std::string, std::string, std::less<>> objects_;
  std::map<std::string, State, std::less<>> states_;
};

} // namespace

Feed read_oval(const FeedFile& file) {
  OvalListener listener(file.name);
  read_xml(file, listener);
  return listener.take();
}

} // namespace imagewright::advisory
