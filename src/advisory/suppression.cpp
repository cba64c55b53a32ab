// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/advisory/suppression.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::advisory {

namespace {

class VexReader {
public:
  explicit VexReader(const std::string& file) : file_(file) {}

  std::vector<Suppression> read(const json::Value& document) const {
    const std::string context = text_of(document, "@context");
    if (!context.starts_with("https://openvex.dev/ns")) damaged("its @context is not OpenVEX's");
    std::vector<Suppression> suppressions;
    for (const json::Value& statement : json::array_member(document, "statements", file_))
      read_statement(statement, suppressions);
    return suppressions;
  }

private:
  void read_statement(const json::Value& statement, std::vector<Suppression>& suppressions) const {
    const std::string status = text_of(statement, "status");
    if (status != "not_affected" && status != "fixed") return;
    Suppression suppression{.vulnerability = vulnerability_of(statement),
                            .packages = packages_of(statement),
                            .reason = status};
    if (status == "not_affected") {
      suppression.reason = text_of(statement, "justification");
      if (suppression.reason.empty()) suppression.reason = text_of(statement, "impact_statement");
      if (suppression.reason.empty())
        damaged(fmt::format("it says of {} \"not_affected\" without a justification",
                            base::quoted(suppression.vulnerability)));
    }
    suppressions.push_back(std::move(suppression));
  }

  std::string vulnerability_of(const json::Value& statement) const {
    const json::Value* value = statement.find("vulnerability");
    // A text until version 0.0.1 of the specification, an object since.
    const std::string name = value == nullptr                  ? ""
                             : value->find_string() != nullptr ? *value->find_string()
                                                               : text_of(*value, "name");
    if (name.empty()) damaged("a statement names no vulnerability");
    return name;
  }

  std::vector<std::string> packages_of(const json::Value& statement) const {
    std::vector<std::string> names;
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

  static void add_package(const json::Value& product, std::vector<std::string>& names) {
    std::string identifier =
        product.find_string() != nullptr ? *product.find_string() : text_of(product, "@id");
    if (const json::Value* identifiers = product.find("identifiers")) {
      if (const std::string url = text_of(*identifiers, "purl"); !url.empty()) identifier = url;
    }
    if (!identifier.starts_with("pkg:rpm/")) return;
    const std::string path = identifier.substr(0, identifier.find_first_of("@?#"));
    names.push_back(path.substr(path.rfind('/') + 1));
  }

  static std::string text_of(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value != nullptr && value->find_string() != nullptr ? *value->find_string() : "";
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
