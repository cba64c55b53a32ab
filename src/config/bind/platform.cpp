// SPDX-License-Identifier: MIT
#include "config/bind/bind.hpp"
#include "config/language/language.hpp"

namespace imagewright::config {

namespace {

std::map<std::string, std::vector<std::string>> bind_lists(const Reader& owner,
                                                           std::string_view name) {
  std::map<std::string, std::vector<std::string>> lists;
  const auto reader = owner.mapping(name);
  if (!reader) return lists;
  for (const yaml::Entry& entry : reader->node().entries)
    lists[entry.key] = reader->plain_texts(entry.key);
  return lists;
}

model::PlatformFacts bind_facts(const Reader& reader, std::string_view word) {
  model::PlatformFacts facts{.where = reader.where()};
  facts.kernel_arguments = reader.plain_texts("kernelArguments");
  facts.architecture_kernel_arguments = bind_lists(reader, "architectureKernelArguments");
  facts.consoles = bind_lists(reader, "consoles");
  facts.roles = reader.texts("roles");
  facts.packages = reader.texts("packages");
  facts.drivers = reader.plain_texts("drivers");
  if (const auto services = reader.mapping("services")) {
    facts.enabled_units = services->texts("enable");
    facts.disabled_units = services->texts("disable");
    facts.masked_units = services->texts("mask");
  }
  for (const Reader& each : reader.mappings("files")) {
    facts.files.push_back({.path = each.text_or("destination", ""),
                           .permissions = each.permissions("permissions").value_or(0644),
                           .content = each.text_or("content", ""),
                           .origin = "platform " + std::string(word)});
  }
  if (const auto network = reader.mapping("network")) facts.network = bind_network(*network);
  return facts;
}

} // namespace

std::map<model::Platform, model::PlatformFacts> bind_platforms(const Reader& root) {
  std::map<model::Platform, model::PlatformFacts> platforms;
  const auto reader = root.mapping("platforms");
  if (!reader) return platforms;
  for (const model::PlatformRow& row : model::k_platforms) {
    if (const auto facts = reader->mapping(row.word))
      platforms[row.platform] = bind_facts(*facts, row.word);
  }
  return platforms;
}

} // namespace imagewright::config
