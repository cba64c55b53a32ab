// SPDX-License-Identifier: MIT
#include "csaf_products.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "json_documents.hpp"
#include "package_url.hpp"
#include "xml_reader.hpp"

// CSAF 2.0, section 3.2.2. A product is known by a package URL, or, as the vendor of Azure Linux
// writes it, by its name: "azl3 kernel 6.6.112.1-2", "<azl3 kernel 6.6.112.1-2" for a range. A
// relationship makes one product of a package and the distribution that it is a part of.

namespace imagewright::advisory {

namespace {

/// Distributions as names of products have them, and the tags that their packages carry.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> k_distributions{
    {{"azl3", "azl3"}, {"cbl2", "cm2"}, {"cbl1", "cm1"}}};

struct Operator {
  std::string_view sign;
  Comparison comparison;
};

/// The longer ones first.
constexpr std::array<Operator, 5> k_operators{{{"<=", Comparison::less_or_equal},
                                               {">=", Comparison::greater_or_equal},
                                               {"<", Comparison::less},
                                               {">", Comparison::greater},
                                               {"=", Comparison::equal}}};

const Operator* take_operator(std::string_view& text) {
  for (const Operator& candidate : k_operators) {
    if (!text.starts_with(candidate.sign)) continue;
    text = base::trimmed(text.substr(candidate.sign.size()));
    return &candidate;
  }
  return nullptr;
}

bool looks_like_version(std::string_view word) {
  return !word.empty() && word.front() >= '0' && word.front() <= '9';
}

/// Versions of such documents often leave the tag out.
bool has_tag(const base::PackageVersion& version) {
  return version.release.find_last_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos;
}

Condition condition_of(const std::string& name, Comparison comparison,
                       const base::PackageVersion& version) {
  return {.package = name,
          .comparison = comparison,
          .version = version,
          .ignores_distribution_tag = !has_tag(version)};
}

class ProductReader {
public:
  explicit ProductReader(const std::string& file) : file_(file) {}

  CsafProducts read(const json::Value& tree) {
    if (const json::Value* branches = tree.find("branches")) read_branches(*branches, 0);
    if (const json::Value* products = tree.find("full_product_names")) {
      for (const json::Value& product : list(*products, "full_product_names"))
        read_product(product);
    }
    if (const json::Value* relationships = tree.find("relationships")) {
      for (const json::Value& relationship : list(*relationships, "relationships"))
        read_relationship(relationship);
    }
    return std::move(products_);
  }

private:
  static constexpr int k_largest_depth = 64;

  void read_branches(const json::Value& branches, int depth) {
    if (depth == k_largest_depth) damaged("its branches are too deep");
    for (const json::Value& branch : list(branches, "branches")) {
      if (const json::Value* product = branch.find("product")) read_product(*product);
      if (const json::Value* children = branch.find("branches"))
        read_branches(*children, depth + 1);
    }
  }

  void read_product(const json::Value& product) {
    const std::string identifier = text_member(product, "product_id");
    if (identifier.empty()) damaged("a product has no product_id");
    add(identifier, package_of(product));
  }

  /// The package counts; the other one is what it is installed in.
  void read_relationship(const json::Value& relationship) {
    const json::Value* product = relationship.find("full_product_name");
    const std::string identifier = product == nullptr ? "" : text_member(*product, "product_id");
    const auto package = products_.find(text_member(relationship, "product_reference"));
    if (identifier.empty() || package == products_.end())
      damaged("a relationship names a product that is not there");
    add(identifier, package->second);
  }

  void add(const std::string& identifier, std::optional<CsafPackage> package) {
    if (!products_.emplace(identifier, std::move(package)).second)
      damaged(fmt::format("it has two products {}", base::quoted(identifier)));
  }

  std::optional<CsafPackage> package_of(const json::Value& product) const {
    if (const json::Value* helper = product.find("product_identification_helper")) {
      if (const std::string url = text_member(*helper, "purl"); url.starts_with("pkg:rpm/"))
        return package_of_url(url);
    }
    return package_of_name(text_member(product, "name"));
  }

  CsafPackage package_of_url(const std::string& url) const {
    const auto package = parse_package_url(url);
    if (!package) damaged(fmt::format("{} is no package URL", base::quoted(url)));
    return {
        .name = package->name, .distribution_tag = {}, .range = {}, .version = package->version};
  }

  /// Nothing where the name begins as that of no package does: a distribution, a program of another
  /// system.
  std::optional<CsafPackage> package_of_name(std::string_view name) const {
    std::string_view text = base::trimmed(name);
    const Operator* range = take_operator(text);
    const std::vector<std::string> words = base::split_whitespace(text);
    for (const auto& [word, tag] : k_distributions) {
      if (words.size() < 2 || words.front() != word) continue;
      CsafPackage package{
          .name = words[1], .distribution_tag = std::string(tag), .range = {}, .version = {}};
      if (words.size() == 3 && looks_like_version(words[2]))
        package.version = base::PackageVersion::parse(words[2]);
      if (words.size() > 2 && !package.version)
        damaged(fmt::format("the product {} is no package with a version", base::quoted(name)));
      if (range != nullptr) {
        if (!package.version)
          damaged(fmt::format("the range {} has no version", base::quoted(name)));
        package.range.push_back(condition_of(package.name, range->comparison, *package.version));
        package.version.reset();
      }
      return package;
    }
    return std::nullopt;
  }

  const json::Array& list(const json::Value& value, std::string_view what) const {
    if (value.find_array() == nullptr) damaged(fmt::format("its {} are not a list", what));
    return *value.find_array();
  }

  [[noreturn]] void damaged(const std::string& why) const { throw_damaged_feed(file_, why); }

  const std::string& file_;
  CsafProducts products_;
};

} // namespace

CsafProducts read_csaf_products(const json::Value& tree, const std::string& file) {
  return ProductReader(file).read(tree);
}

} // namespace imagewright::advisory
