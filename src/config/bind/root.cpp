// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "config/bind/bind.hpp"

namespace imagewright::config {

namespace {

bool is_url(const std::string& text) {
  return text.find("://") != std::string::npos;
}

model::Repository bind_repository(const Reader& reader) {
  model::Repository repository;
  repository.name = reader.text_or("name", "");
  repository.base_url = reader.text_or("baseUrl", "");
  repository.mirror_list = reader.text_or("mirrorList", "");
  if (const auto path = reader.path("path")) repository.path = path->string();
  for (const model::LocatedText& key : reader.texts("gpgKeys")) {
    const bool is_path = !is_url(key.text) && !model::is_fingerprint(key.text);
    repository.gpg_keys.push_back(
        {is_path ? reader.resolve(key.text).string() : key.text, key.where});
  }
  const auto check_of = [&](std::string_view name) {
    const auto value = reader.boolean(name);
    return value && !value->value ? model::SignatureCheck::skipped
                                  : model::SignatureCheck::required;
  };
  repository.package_signatures = check_of("gpgCheck");
  repository.metadata_signature = check_of("repoGpgCheck");
  if (const auto priority = reader.integer("priority"))
    repository.priority = static_cast<std::int32_t>(priority->value);
  if (const auto cost = reader.integer("cost"))
    repository.cost = static_cast<std::int32_t>(cost->value);
  repository.include_packages = reader.plain_texts("includePackages");
  repository.exclude_packages = reader.plain_texts("excludePackages");
  repository.architectures = reader.plain_texts("architectures");
  repository.where = reader.where();
  repository.address_where = repository.where;
  for (const std::string_view name : {"baseUrl", "mirrorList", "path"}) {
    if (const auto address = reader.text(name)) repository.address_where = address->where;
  }
  return repository;
}

model::ScriptConfig bind_script(const Reader& reader) {
  model::ScriptConfig script;
  const auto path = reader.text("path");
  script.path = path ? path->text : "";
  script.path_where = path ? path->where : reader.where();
  script.content = reader.text_or("content", "");
  const std::string interpreter = reader.text_or("interpreter", "");
  if (!interpreter.empty()) script.interpreter = interpreter;
  script.arguments = reader.plain_texts("arguments");
  script.environment = reader.plain_text_map("environmentVariables");
  script.name = reader.text_or("name", "");
  script.directory = reader.context().directory;
  script.where = reader.where();
  return script;
}

model::CheckRequest bind_check(const Reader& reader) {
  model::CheckRequest request{.where = reader.where()};
  request.check.expected = reader.text_or("expect", "");
  const auto fill = [&](const model::LocatedText& subject, model::CheckKind kind,
                        std::string name) {
    request.check.kind = kind;
    request.check.subject = subject.text;
    request.check.name = reader.text_or("name", name);
  };
  if (const auto unit = reader.text("unit")) {
    const std::string& state = request.check.expected;
    const bool is_of_files = !state.empty() && state != "active";
    fill(*unit, is_of_files ? model::CheckKind::unit_state : model::CheckKind::unit_active,
         fmt::format("{} is {}", unit->text, is_of_files ? state : "active"));
  } else if (const auto file = reader.text("file")) {
    fill(*file, model::CheckKind::file_content, fmt::format("{} is as expected", file->text));
  } else if (const auto command = reader.text("command")) {
    fill(*command, model::CheckKind::command_output, fmt::format("\"{}\" answers", command->text));
  }
  return request;
}

} // namespace

std::vector<model::Repository> bind_repositories(const Reader& root) {
  std::vector<model::Repository> repositories;
  for (const Reader& reader : root.mappings("repositories"))
    repositories.push_back(bind_repository(reader));
  return repositories;
}

model::ScriptsConfig bind_scripts(const Reader& reader) {
  model::ScriptsConfig scripts;
  for (const Reader& each : reader.mappings("postCustomization"))
    scripts.post_customization.push_back(bind_script(each));
  for (const Reader& each : reader.mappings("finalizeCustomization")) {
    scripts.finalize_customization.push_back(bind_script(each));
  }
  if (reader.is_true("network")) scripts.network = model::ScriptNetwork::host;
  return scripts;
}

std::vector<model::CheckRequest> bind_checks(const Reader& root) {
  std::vector<model::CheckRequest> checks;
  for (const Reader& reader : root.mappings("checks"))
    checks.push_back(bind_check(reader));
  return checks;
}

model::ImageConfig bind_image_config(const Reader& root) {
  model::ImageConfig config;
  config.release = root.text("release");
  config.architectures = root.texts("architectures");
  config.repositories = bind_repositories(root);
  if (const auto input = root.mapping("input")) config.input = bind_input(*input);
  if (const auto storage = root.mapping("storage")) config.storage = bind_storage(*storage);
  if (const yaml::Node* old_reset = root.find_value("resetPartitionsUuidsType")) {
    config.storage.reset_partition_uuids = old_reset->where;
  }
  if (const auto os = root.mapping("os")) config.os = bind_os(*os);
  if (const auto iso = root.mapping("iso")) config.iso = bind_iso(*iso);
  if (const auto pxe = root.mapping("pxe")) config.pxe = bind_pxe(*pxe);
  if (const auto scripts = root.mapping("scripts")) config.scripts = bind_scripts(*scripts);
  config.preview_features = root.texts("previewFeatures");
  if (const auto output = root.mapping("output")) config.output = bind_output(*output);
  config.checks = bind_checks(root);
  return config;
}

} // namespace imagewright::config
