// SPDX-License-Identifier: MIT
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <imagewright/config/schema.hpp>

#include "config/language/language.hpp"

namespace imagewright::config {

namespace {

constexpr std::string_view k_head = R"(# The config language

This page is made from the table that Imagewright checks configs with; a test fails when the two differ. To change it, change
the table in `src/config/language`, and run the test with `IMAGEWRIGHT_GOLDEN=rewrite`.

An image config is one YAML document. Every key is optional unless it says otherwise; null means "not given". Relative paths start
at the directory of the file that holds them. Sizes are a whole number and K, M, G or T (powers of 1024), and whole MiB unless it says otherwise.
Unknown keys are errors. **Ours** marks keys that Azure Linux Image Customizer does not have; *preview* names the feature that has to be listed
in `previewFeatures` of the same file.

## Values

* Null items of lists are left out, a null value in a free map is an empty text, and `""` is "not given" for optional texts.
* Paths of the image have one form from the moment they are read: `etc//foo/` is `/etc/foo`, and `..` never leads out of the root.
* Booleans are `true`, `false` and the words `y`, `yes`, `on`, `n`, `no`, `off` (these also in quotes). Whole numbers may be written `1_000`, `0x1F`,
  `0o17`, `0b101`, `1.0` and `1e3`, and with the tags `!!int` and `!!float`; never in quotes. A tag that contradicts its value (`!!bool yes`, `!!int 1.0`) is refused.
* When configs build on each other, a single value or switch of the last file counts, `false` too; an empty `storage` counts for nothing. Lists are joined;
  users, groups and kernel modules of one name are one, of which the last file has the last word, and a unit is in the state that the last file gives it.
  `imagewright validate --canonical` prints what comes out.

Image Customizer takes some values that are refused here:

* numbers with leading zeros (octal to some readers of YAML, decimal to others) and fractions (it cuts them off); tags of one's own and `!!binary`;
* host names over 64 characters, or with a dot or a hyphen at an end: Linux and systemd do not keep them;
* names of users and groups that are numbers, start with a hyphen, hold blanks, `/`, `,` or `:`, or are longer than 31 characters; one given twice; a login shell
  or a home that is no absolute path, and homes with blanks or `..`: the account files or the tools for them do not hold them;
* two kernel modules whose names differ by `-` and `_` alone, which are one; an image that would take the place of its base, and files that scripts leave in `/_imageconfigs`;
* names of units and packages that systemd and RPM cannot have; options of a kernel module that is disabled; values over several lines where one line is meant, such as keys and passwords;
* overlays without `lowerDirs` (the kernel does not mount them); those that could not be mounted when the system starts: `upperDir` or `workDir` below `/dev`, `/proc`, `/run`, `/sys`, `/tmp` and `/var/tmp`, both on two filesystems,
  on a read-only one, one of the initramfs on a mount without `x-initrd.mount`, and one at the place of another mount; a disk without a filesystem at `/`; sizes beyond any disk;
* verity devices by another name than `root` and `usr`, mount identifiers of theirs that are no known word, and existing partitions that are found by anything but
  their label (`idType: part-label`): nothing would mount them;
* mount points that are one in their shortest form (`/boot` and `/boot/`), those below `/dev`, `/proc` and `/sys`, `/run` itself, which the system mounts, and
  `/etc`, which is read before anything is mounted; another filesystem than `swap` on a partition of the type swap; a btrfs subvolume that is mounted at `/` and
  lies in one that is mounted below it;
* partition labels with line breaks; labels with quotes under `idType: part-label`, and with blanks or backslashes too where it is the root filesystem: /etc/fstab or the kernel command line cannot hold them; a partition type of zeros;
* URLs with blanks (they are one word of the kernel command line) or without a host, and hosts with percent signs; platforms with an empty part (`linux/`); a tag or digest of an OCI reference that is announced and empty;
* private SSH keys; hashes of no method of crypt(5). Keys that sshd does not know are a warning;
* destinations of files that are a directory (`/`, or with `/` at the end), but for archives that are unpacked; files and directories below `/dev`, `/proc` and `/sys`, which the kernel covers, and below `/tmp`, `/var/tmp` and `/run`, which are emptied at the end; those in `/var/tmp` are taken where scripts can use them;
* names of environment variables that are empty or hold `=`, and paths of blanks alone;
* the keys `sha256hash`, `sha256hashmap` and `veritypartitionstype`, which it takes and nobody means.

A file with the key `injectFiles`, or by the name `inject-files.yaml`, is a list of files to put back into an image, and `validate` reads it as such; `inject-files` puts the files back.
Unlike Image Customizer's, its destinations name a file (not the top of the partition), and two files for one place are a warning.

A YAML file holds one document, its keys are texts, and what readers of YAML disagree about is refused; so is a key in braces without
a colon. UTF-16 with its mark is read.

)";

std::string words_text(const Type& type) {
  constexpr std::size_t most_words = 6;
  if (type.words.size() > most_words) return "one of the words below";
  std::string text;
  for (const Word& word : type.words)
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", word.text);
  return text;
}

/// What a value is, in a few words.
std::string type_text(const Type& type) {
  switch (type.shape) {
  case Shape::boolean:
    return "boolean";
  case Shape::integer:
    return fmt::format("{} to {}", type.minimum, type.maximum);
  case Shape::mapping:
    return "mapping";
  case Shape::map:
    return fmt::format("map; each value: {}", type_text(*type.item));
  case Shape::list:
    return type.item->shape == Shape::mapping
               ? "list of mappings"
               : fmt::format("list; each item: {}", type_text(*type.item));
  case Shape::word:
    return words_text(type);
  case Shape::text:
    break;
  }
  return type.title.empty() ? "a text" : std::string(type.title);
}

std::string forms_text(const Type& type) {
  std::string text = type_text(type);
  for (const Type* form = type.other_form; form != nullptr; form = form->other_form) {
    if (form->current_form.empty()) text += ", or " + type_text(*form);
  }
  return text;
}

std::string notes_of(const Key& key) {
  std::string text(key.documentation);
  if (key.presence == Presence::required) text += " **Required.**";
  if (key.is_own) text += " **Ours.**";
  if (!key.preview.empty()) text += fmt::format(" *Preview `{}`.*", key.preview);
  if (!key.since.empty()) text += fmt::format(" Since Image Customizer {}.", key.since);
  return text;
}

/// A mapping that gets its own table, with the path that leads to it.
struct Section {
  std::string path;
  const Type* type;
};

std::string child_path(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

/// The mapping inside a value, behind lists and maps, with what to add to the path.
std::vector<Section> mappings_in(const Type& type, const std::string& path) {
  switch (type.shape) {
  case Shape::mapping:
    return {{path, &type}};
  case Shape::list:
    return mappings_in(*type.item, path + "[]");
  case Shape::map:
    return mappings_in(*type.item, path + ".*");
  case Shape::text:
  case Shape::boolean:
  case Shape::integer:
  case Shape::word:
    break;
  }
  return {};
}

std::string words_table(const Type& type, const std::string& path) {
  const Type* value = &type;
  while (value->item != nullptr)
    value = value->item;
  if (value->words.size() < 2) return {};
  std::string text = fmt::format("\nWords of `{}`:\n\n", path);
  for (const Word& word : value->words)
    text += fmt::format("* `{}`: {}\n", word.text, word.documentation);
  return text;
}

std::string keys_table(const Section& section) {
  std::string text = "| key | value | meaning | default |\n|---|---|---|---|\n";
  std::string words;
  std::string old_keys;
  for (const Key& key : section.type->keys) {
    if (!key.removed_hint.empty()) continue;
    if (!key.current_spelling.empty()) {
      old_keys += fmt::format("{}`{}` (now `{}`)", old_keys.empty() ? "" : ", ", key.name,
                              key.current_spelling);
      continue;
    }
    text += fmt::format("| `{}` | {} | {} | {} |\n", key.name, forms_text(*key.type), notes_of(key),
                        key.default_text);
    words += words_table(*key.type, child_path(section.path, key.name));
  }
  if (section.type->choice) {
    std::string names;
    for (const std::string_view name : section.type->choice->keys)
      names += fmt::format("{}`{}`", names.empty() ? "" : ", ", name);
    text += fmt::format("\n{} of {} may be given.\n",
                        section.type->choice->count == ChoiceCount::exactly_one ? "Exactly one"
                                                                                : "At most one",
                        names);
  }
  if (!old_keys.empty()) text += fmt::format("\nAccepted with a warning: {}.\n", old_keys);
  return text + words + "\n";
}

/// Writes each kind of mapping once; later places refer to the first.
class ReferencePage {
public:
  void add(const Type& root, std::string_view title) {
    text_ += fmt::format("## {}\n\n", title);
    std::vector<Section> waiting{{"", &root}};
    while (!waiting.empty()) {
      const Section section = waiting.back();
      waiting.pop_back();
      if (!section.path.empty()) text_ += fmt::format("### `{}`\n\n", section.path);
      const auto [first, is_new] = described_.emplace(section.type, section.path);
      if (!is_new) {
        text_ += first->second.empty() ? "As the whole config.\n\n"
                                       : fmt::format("As `{}`.\n\n", first->second);
        continue;
      }
      text_ += keys_table(section);
      const std::vector<Section> inner = sections_inside(section);
      waiting.insert(waiting.end(), inner.rbegin(), inner.rend());
    }
  }

  /// The page without the empty line at its end.
  std::string text() const { return text_.substr(0, text_.size() - 1); }

private:
  static std::vector<Section> sections_inside(const Section& section) {
    std::vector<Section> sections;
    for (const Key& key : section.type->keys) {
      if (!key.current_spelling.empty() || !key.removed_hint.empty()) continue;
      const std::vector<Section> found = mappings_in(*key.type, child_path(section.path, key.name));
      sections.insert(sections.end(), found.begin(), found.end());
    }
    return sections;
  }

  std::string text_{k_head};
  std::map<const Type*, std::string> described_;
};

} // namespace

std::string reference_markdown() {
  ReferencePage page;
  page.add(k_image_config_type, "Image config");
  page.add(k_package_list_type, "Package list");
  page.add(k_inject_files_type, "Files to put back (inject-files.yaml)");
  page.add(k_release_profile_type, "Release profile");
  return page.text();
}

} // namespace imagewright::config
