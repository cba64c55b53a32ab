// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/advisory/suppression.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>

#include "feeds.hpp"
#include "json_documents.hpp"
#include "package_url.hpp"

namespace imagewright::advisory {

namespace {

class VexReader {
public:
  explicit VexReader(const std::string& file) : file_(file) {}

  std::vector<Suppression> read(const json::Value& document) const {
    const std::string context = text_member(document, "@context");
    if (!context.starts_with("https://openvex.dev/ns")) damaged("its @context is not OpenVEX's");
    std::vector<Dated> dated;
    const auto made = time_of(document, base::Epoch{});
    for (const json::Value& statement : json::array_member(document, "statements", file_))
      dated.push_back({time_of(statement, made), suppression_of(statement)});
    std::stable_sort(dated.begin(), dated.end(),
                     [](const Dated& left, const Dated& right) { return left.time < right.time; });
    std::vector<Suppression> suppressions;
    for (Dated& each : dated)
      suppressions.push_back(std::move(each.suppression));
    return suppressions;
  }

private:
  struct Dated {
    base::Epoch time;
    Suppression suppression;
  };

  base::Epoch time_of(const json::Value& object, base::Epoch otherwise) const {
    const std::string text = text_member(object, "timestamp");
    if (text.empty()) return otherwise;
    const auto time = parse_time(text);
    if (!time) damaged(fmt::format("{} is no time", base::quoted(text)));
    return *time;
  }

  Suppression suppression_of(const json::Value& statement) const {
    const std::string status = text_member(statement, "status");
    Suppression suppression{.vulnerability = vulnerability_of(statement),
                            .packages = packages_of(statement),
                            .reason = {}};
    if (status == "fixed") {
      suppression.reason = status;
    } else if (status == "not_affected") {
      suppression.reason = text_member(statement, "justification");
      if (suppression.reason.empty())
        suppression.reason = text_member(statement, "impact_statement");
      if (suppression.reason.empty())
        damaged(fmt::format("it says of {} \"not_affected\" without a justification",
                            base::quoted(suppression.vulnerability)));
    } else if (status != "affected" && status != "under_investigation") {
      damaged(fmt::format("a statement has the status {}", base::quoted(status)));
    }
    return suppression;
  }

  std::string vulnerability_of(const json::Value& statement) const {
    const json::Value* value = statement.find("vulnerability");
    // A text until version 0.0.1 of the specification, an object since.
    const std::string name = value == nullptr                  ? ""
                             : value->find_string() != nullptr ? *value->find_string()
                                                               : text_member(*value, "name");
    if (name.empty()) damaged("a statement names no vulnerability");
    return name;
  }

  std::vector<SuppressedPackage> packages_of(const json::Value& statement) const {
    std::vector<SuppressedPackage> names;
    const json::Value* products = statement.find("products");
    if (products == nullptr || products->find_array() == nullptr) return names;
    for (const json::Value& product : *products->find_array()) {
      const json::Value* parts = product.find("subcomponents");
      if (parts != nullptr && parts->find_array() != nullptr) {
        for (const json::Value& part : *parts->find_array())
          add_package(part, names);
      } else {
        add_package(product, names);
      }
    }
    // Products were named and none is a package: the statement is about something else, not about
    // all packages.
    if (names.empty() && !products->find_array()->empty()) names.emplace_back();
    return names;
  }

  void add_package(const json::Value& product, std::vector<SuppressedPackage>& names) const {
    std::string identifier =
        product.find_string() != nullptr ? *product.find_string() : text_member(product, "@id");
    if (const json::Value* identifiers = product.find("identifiers")) {
      if (const std::string url = text_member(*identifiers, "purl"); !url.empty()) identifier = url;
    }
    if (!identifier.starts_with("pkg:rpm/")) return;
    const auto package = parse_package_url(identifier);
    if (!package) damaged(fmt::format("{} is no package URL", base::quoted(identifier)));
    names.push_back({package->name, package->version});
  }

  [[noreturn]] void damaged(const std::string& why) const {
    throw base::Error(
        base::FailureKind::input, "advisory.damaged-vex",
        fmt::format("the OpenVEX document {} cannot be used: {}", base::quoted(file_), why),
        "OpenVEX 0.2.0 says what a statement has");
  }

  const std::string& file_;
};

} // namespace

std::vector<Suppression> read_openvex(std::string_view text, const std::string& file) {
  return VexReader(file).read(json::parse(text, file));
}

} // namespace imagewright::advisory
