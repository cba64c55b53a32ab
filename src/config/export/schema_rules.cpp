// SPDX-License-Identifier: MIT
#include "config/export/schema_rules.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/image_format.hpp>

#include "config/export/schema_terms.hpp"
#include "config/language/language.hpp"

namespace imagewright::config {

namespace {

using json::Array;
using json::Object;
using json::Value;

/// By the path of the mapping that they are about; schema_terms.hpp has the notation.
constexpr std::string_view k_rules = R"json({
"": [
  {"if": {"allOf": [{"anyOf": [{"has storage": "given resetPartitionsUuidsType"},
                               "given resetPartitionsUuidsType"]},
                    {"not": "given release"}, {"not": "given baseConfigs"}]},
   "then": {"has os": {"anyOf": [{"has bootloader": "given resetType"},
                                 "given resetBootLoaderType"]}}},
  {"if": {"allOf": [{"has storage": "given disks"},
                    {"not": "given release"}, {"not": "given baseConfigs"}]},
   "then": {"has os": {"anyOf": [{"has bootloader": {"anyOf": ["given resetType", "given type"]}},
                                 "given resetBootLoaderType"]}}},
  {"if": {"has storage": "says bootType legacy"},
   "then": {"there architectures": {"not": {"some": {"const": "aarch64"}}}}},
  {"if": {"has os": {"has uki": "says mode modify|passthrough"}},
   "then": {"not": {"has storage": "given verity"}}},
  {"if": {"has os": {"has uki": "says mode passthrough"}},
   "then": {"not": {"has storage": "says reinitializeVerity all"}}},
  {"if": {"has os": {"has packages": "true removePackageManager"}},
   "then": {"there output": {"there image":
            {"not": "says format iso|pxe-dir|pxe-tar|cosi|baremetal-image"}}}},
  {"if": {"not": {"anyOf": ["given scripts", "given baseConfigs"]}},
   "then": {"there os": {
     "there additionalFiles":
       {"not": {"some": {"has destination": {"text": "^/*(tmp|var/+tmp|run)(/(?!.*\\.\\.)|$)"
}
}
}
}
}
}
},
  {"if": {"not": {"anyOf": ["given scripts", "given baseConfigs"]}},
   "then": {"there os": {
     "there additionalDirs":
       {"not": {"some": {"has destination": {"text": "^/*(tmp|var/+tmp|run)(/(?!.*\\.\\.)|$)"}}}}}}}
],
"repositories": [
  {"if": {"not": {"allOf": ["false gpgCheck", "false repoGpgCheck"]}}, "then": "given gpgKeys"}
],
"storage": [
  {"if": "given disks",
   "then": {"allOf": ["given bootType", {"not": "given resetPartitionsUuidsType"}]}},
  {"if": {"anyOf": ["given bootType", "given filesystems", "given fileSystems"]},
   "then": "given disks"},
  {"if": "given disks",
   "then": {"anyOf": [
     {"has filesystems": {"some": {"anyOf": [
       {"has mountPoint": {"anyOf": [{"text": "^/[/.]*$"}, {"has path": {"text": "^/[/.]*$"}}]}},
       {"has btrfs": {"has subvolumes": {"some": {"has mountPoint":
          {"anyOf": [{"text": "^/[/.]*$"}, {"has path": {"text": "^/[/.]*$"}}]}}}}}]}}},
     "given fileSystems"]}},
  {"there filesystems": {"few": {"has mountPoint":
     {"anyOf": [{"text": "^/[/.]*$"}, {"has path": {"text": "^/[/.]*$"}}]}}}},
  {"if": {"has freeSpace": {"text": "[1-9]"}}, "then": "true autoSize"},
  {"if": "says bootType efi",
   "then": {"there disks": {"each": {"anyOf": [{"type": "null"},
                                               {"has partitions": {"some": "says type esp"}}]}}}},
  {"if": "says bootType legacy",
   "then": {"there disks": {"each": {"anyOf": [{"type": "null"},
                                     {"has partitions": {"some": "says type bios-grub"}}]}}}},
  {"if": {"not": "true autoSize"},
   "then": {"there disks": {"each": {
     "if": {"not": "given maxSize"},
     "then": {"there partitions": {"not": {"some": "says size grow"}}}}}}},
  {"if": {"has disks": {"some": {"has partitions": {"some": "says type esp"}}}},
   "then": {"anyOf": ["given fileSystems", {"has filesystems": {"some": {"allOf": [
     "says type fat32|vfat",
     {"has mountPoint": {"anyOf": [{"text": "^/.*boot.*/efi"},
                                   {"has path": {"text": "^/.*boot.*/efi"}}]}}]}}}]}},
  {"if": {"has verity": {"some": {"allOf": ["given dataDeviceId", "says name root"]}}},
   "then": {"anyOf": ["given fileSystems", {"has filesystems": {"some": {"anyOf": [
     {"has mountPoint": {"allOf": [
        {"has path": {"text": "^/[/.]*$"}}, {"has options": {"text": "(^|,)ro(,|$)"}}]}},
     {"has btrfs": {"has subvolumes": {"some":
       {"has mountPoint": {"allOf": [
        {"has path": {"text": "^/[/.]*$"}}, {"has options": {"text": "(^|,)ro(,|$)"}}]}}}}}]}}}]}},
  {"if": {"has verity": {"some": {"allOf": ["given dataDeviceId", "says name usr"]}}},
   "then": {"anyOf": ["given fileSystems", {"has filesystems": {"some": {"anyOf": [
     {"has mountPoint": {"allOf": [
        {"has path": {"text": "^/.*usr[/.]*$"}}, {"has options": {"text": "(^|,)ro(,|$)"}}]}},
     {"has btrfs": {"has subvolumes": {"some":
       {"has mountPoint": {"allOf": [
        {"has path": {"text": "^/.*usr[/.]*$"}}, {"has options": {"text": "(^|,)ro(,|$)"}}]}}}}}]}}}]}},
  {"if": {"has verity": {"some": {"anyOf": ["given dataDeviceId", "given hashDeviceId"]}}},
   "then": "given disks"},
  {"if": {"has verity": {"some": {"anyOf": ["given dataDevice", "given hashDevice"]}}},
   "then": {"not": "given disks"}}
],
"storage.disks": [
  {"there partitions": {"few": {"anyOf": ["says size grow",
     {"type": "object", "not": {"anyOf": ["given size", "given end"]}}]}}},
  {"anyOf": ["given maxSize", "given partitions"]}
],
"storage.filesystems": [
  {"if": "given mountPoint", "then": "given type"},
  {"if": {"has btrfs": {"type": "object"}}, "then": "says type btrfs"},
  {"if": {"has btrfs": "given subvolumes"}, "then": {"not": "given mountPoint"}},
  {"if": "says type swap", "then": {"not": "given mountPoint"}},
  {"if": "says type btrfs",
   "then": {"not": {"has mountPoint": {"has options": {"text": "(^|,)subvol(id)?="}}}}},
  {"there btrfs": {"there subvolumes": {"each":
     {"not": {"has mountPoint": {"has options": {"text": "(^|,)subvol(id)?="}}}}}}}
],
"storage.verity": [
  {"not": {"allOf": [{"anyOf": ["given dataDeviceId", "given hashDeviceId"]},
                     {"anyOf": ["given dataDevice", "given hashDevice"]}]}},
  {"anyOf": [{"allOf": ["given dataDeviceId", "given hashDeviceId"]},
             {"allOf": ["given dataDevice", "given hashDevice"]}]}
],
"os": [
  {"if": {"has uki": "says mode modify|passthrough"},
   "then": {"not": {"anyOf": [{"has bootloader": "given resetType"},
                              "given resetBootLoaderType", "given overlays"]}}},
  {"if": {"has uki": "says mode passthrough"},
   "then": {"not": {"anyOf": [{"has selinux": "given mode"},
                              {"has kernelCommandLine": "given extraCommandLine"}]}}}
],
"os.additionalFiles": [
  {"if": "given url", "then": "given sha256"},
  {"if": "given sha256", "then": {"anyOf": ["given url", "given source"]}},
  {"if": "given size", "then": "given url"},
  {"if": "true unpack", "then": {"not": {"anyOf": ["given content", "given permissions"]}}},
  {"if": {"not": "true unpack"}, "then": {"there destination": {"text": "(?=.*[^/.])(?!.*/\\.{0,2}$)"}}},
  {"if": "given stripComponents", "then": "true unpack"}
],
"os.edits": [
  {"if": "true remove", "then": {"not": {"anyOf": ["given permissions", "given owner", "given group"]}}},
  {"if": "given link", "then": {"not": "given permissions"}}
],
"os.edits.lines": [
  {"if": {"anyOf": ["given before", "given after"]}, "then": "given add"},
  {"not": {"allOf": ["given before", "given after"]}},
  {"if": "given with", "then": "given replace"}
],
"iso.additionalFiles": [
  {"if": "given url", "then": "given sha256"},
  {"if": "given sha256", "then": {"anyOf": ["given url", "given source"]}},
  {"if": "given size", "then": "given url"},
  {"if": "true unpack", "then": {"not": {"anyOf": ["given content", "given permissions"]}}},
  {"if": {"not": "true unpack"}, "then": {"there destination": {"text": "(?=.*[^/.])(?!.*/\\.{0,2}$)"}}},
  {"if": "given stripComponents", "then": "true unpack"}
],
"pxe.additionalFiles": [
  {"if": "given url", "then": "given sha256"},
  {"if": "given sha256", "then": {"anyOf": ["given url", "given source"]}},
  {"if": "given size", "then": "given url"},
  {"if": "true unpack", "then": {"not": {"anyOf": ["given content", "given permissions"]}}},
  {"if": {"not": "true unpack"}, "then": {"there destination": {"text": "(?=.*[^/.])(?!.*/\\.{0,2}$)"}}},
  {"if": "given stripComponents", "then": "true unpack"}
],
"os.users.password": [
  {"if": "says type locked", "then": {"not": "given value"}},
  {"if": "says type plain-text|hashed|plain-text-file|hashed-file", "then": "given value"}
],
"os.modules": [
  {"if": "says loadMode disable", "then": {"there options": {"maxProperties": 0}}}
],
"os.overlays": [{"anyOf": ["given lowerDirs", "given lowerDir"]}],
"pxe": [
  {"if": "says initramfsType full-os",
   "then": {"not": {"anyOf": ["given bootstrapBaseUrl", "given bootstrapFileUrl",
                              "given isoImageBaseUrl", "given isoImageFileUrl"]}}}
],
"output.images": [
  {"if": "given clusterSize", "then": "says format qcow2"},
  {"if": {"has compression": "says algorithm gzip|xz"},
   "then": {"there compression": {"there level": {"maximum": 9}}}},
  {"if": {"has compression": "says algorithm none"},
   "then": {"there compression": {"not": "given level"}}},
  {"if": "says format wsl", "then": {"not": {"has compression": "says algorithm zstd"}}}
],
"checks": [
  {"if": "given file", "then": "given expect"},
  {"if": "given unit", "then": {"there expect": {"enum": ["active", "", null]}}}
]
})json";

/// The mapping at a path of keys below the config: "storage.filesystems".
const Type& type_at(std::string_view path) {
  const Type* type = &k_image_config_type;
  if (path.empty()) return *type;
  for (const std::string& name : base::split(path, '.')) {
    const Key* key = find_key(type->keys, name);
    IMAGEWRIGHT_ASSERT(key != nullptr);
    type = key->type->item != nullptr ? key->type->item : key->type;
  }
  return *type;
}

/// Two images of one extension would be one file.
Array extension_rules() {
  std::map<std::string_view, std::string> words;
  for (const model::ImageFormatRow& row : model::k_image_formats) {
    std::string& text = words[model::extension_of(row.format)];
    text += (text.empty() ? "says format " : "|") + std::string(row.word);
  }
  Array rules;
  for (const auto& [extension, term] : words) {
    Object few;
    few.emplace_back("few", term);
    Object images;
    images.emplace_back("there images", std::move(few));
    rules.push_back(schema_of_rule(images));
  }
  return rules;
}

std::map<const Type*, Array> all_rules() {
  std::map<const Type*, Array> rules;
  const Value texts = json::parse(k_rules, "the rules of the schema");
  for (const auto& [path, list] : *texts.find_object())
    rules.emplace(&type_at(path), *schema_of_rule(list).find_array());
  rules.emplace(&type_at("output"), extension_rules());
  return rules;
}

/// Puts the schema of a mapping where the mapping stands in the config.
using Wrapper = std::function<Value(Value)>;

/// Calls `visit` with every key, and with the wrapper for the mapping that has it.
template <typename Visit>
void visit_keys(const Type& type, const Wrapper& wrap, const Visit& visit) {
  for (const Type* form = &type; form != nullptr; form = form->other_form) {
    if (form->shape == Shape::list) {
      visit_keys(
          *form->item, [&](Value inner) { return wrap(schema_of_item(std::move(inner))); }, visit);
    }
    for (const Key& key : form->keys) {
      visit(key, wrap);
      visit_keys(
          *key.type, [&](Value inner) { return wrap(schema_of_key(key.name, std::move(inner))); },
          visit);
    }
  }
}

Value not_absent(const Type& type) {
  Array absent;
  absent.emplace_back(nullptr);
  if (type.empty_text == EmptyText::means_not_given) absent.emplace_back("");
  Object none;
  none.emplace_back("enum", std::move(absent));
  Object schema;
  schema.emplace_back("not", std::move(none));
  return schema;
}

Value gate(std::string_view feature, Value condition) {
  Object constant;
  constant.emplace_back("const", feature);
  Object rule;
  rule.emplace_back("if", std::move(condition));
  rule.emplace_back("then", schema_of_key("previewFeatures", schema_of_item(std::move(constant))));
  return rule;
}

constexpr std::string_view k_is_btrfs = R"json({"has storage": {"anyOf": [
  {"has filesystems": {"some": "says type btrfs"}},
  {"has fileSystems": {"some": "says type btrfs"}}]}})json";

} // namespace

Array rules_of(const Type& type) {
  static const std::map<const Type*, Array> rules = all_rules();
  const auto found = rules.find(&type);
  return found == rules.end() ? Array() : found->second;
}

Array gate_rules() {
  Array rules;
  visit_keys(
      k_image_config_type, [](Value inner) { return inner; },
      [&](const Key& key, const Wrapper& wrap) {
        if (!key.preview.empty())
          rules.push_back(gate(key.preview, wrap(schema_of_key(key.name, not_absent(*key.type)))));
      });
  rules.push_back(gate("btrfs", schema_of_rule(json::parse(k_is_btrfs, "the rule of btrfs"))));
  return rules;
}

} // namespace imagewright::config
