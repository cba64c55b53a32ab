// SPDX-License-Identifier: MIT
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

#include "config/rules/rules.hpp"
#include "config/rules/storage_index.hpp"

namespace imagewright::config {

namespace {

using model::StorageConfig;

/// Who names whom in a storage section.
class ReferenceRules {
public:
  explicit ReferenceRules(const StorageConfig& storage) : storage_(storage) {}

  base::Diagnostics check() {
    check_verity_kinds();
    check_ids();
    for (const model::VerityConfig& verity : storage_.verity) {
      if (verity.data_device_id) refer(*verity.data_device_id, base::quoted(verity.id), true);
      const bool is_inline = verity.data_device_id && verity.hash_device_id &&
                             verity.hash_device_id->text == verity.data_device_id->text;
      if (verity.hash_device_id && !is_inline)
        refer(*verity.hash_device_id, base::quoted(verity.id), true);
    }
    if (storage_.disk) {
      for (const model::FilesystemConfig& filesystem : storage_.filesystems)
        refer(filesystem.device_id, "a filesystem", false);
    }
    return diagnostics_;
  }

private:
  void check_verity_kinds() {
    const model::VerityConfig* by_id = nullptr;
    const model::VerityConfig* existing = nullptr;
    for (const model::VerityConfig& verity : storage_.verity) {
      const bool uses_ids = verity.data_device_id || verity.hash_device_id;
      const bool uses_existing = verity.data_device || verity.hash_device;
      if (uses_ids) by_id = &verity;
      if (uses_existing) existing = &verity;
      const bool is_complete = (verity.data_device_id && verity.hash_device_id) ||
                               (verity.data_device && verity.hash_device);
      if (uses_ids && uses_existing) {
        diagnostics_.error("config.conflict",
                           "a verity device names partitions of this config and of the base image",
                           verity.where,
                           "use dataDeviceId and hashDeviceId, or dataDevice and hashDevice");
      } else if (!is_complete) {
        diagnostics_.error("config.missing-key",
                           "a verity device needs a partition for its data and one for its hashes",
                           verity.where,
                           "give dataDeviceId and hashDeviceId, or dataDevice and hashDevice");
      }
    }
    if (by_id != nullptr && existing != nullptr && by_id != existing) {
      diagnostics_.add(
          {.code = "config.conflict",
           .message = "verity devices name partitions of this config and of the base image",
           .where = existing->where,
           .related = {{by_id->where, "this one names partitions of the config"}},
           .hint = "use one kind for all of them"});
    }
    if (by_id != nullptr && !storage_.disk) {
      diagnostics_.error("config.missing-key",
                         "a verity device that names partitions by id needs the key \"disks\"",
                         by_id->where, "describe the disk, or use dataDevice and hashDevice");
    }
    if (existing != nullptr && storage_.disk) {
      diagnostics_.add(
          {.code = "config.conflict",
           .message =
               "a verity device names partitions of the base image, but \"disks\" replaces them",
           .where = existing->where,
           .related = {{storage_.disk->where, "the disk is described here"}},
           .hint = "use dataDeviceId and hashDeviceId"});
    }
  }

  void add_id(const std::string& id, const base::SourceLocation& where) {
    const auto [known, is_new] = ids_.emplace(id, where);
    if (is_new) return;
    if (id.empty()) {
      diagnostics_.add({.code = "config.duplicate-name",
                        .message = "two partitions have no id",
                        .where = where,
                        .related = {{known->second, "the first one stands here"}},
                        .hint = "give each partition an id: only one may go without"});
      return;
    }
    diagnostics_.add({.code = "config.duplicate-name",
                      .message = fmt::format("the id {} is used twice", base::quoted(id)),
                      .where = where,
                      .related = {{known->second, "the first one stands here"}},
                      .hint = "give each partition and verity device an id of its own"});
  }

  void check_ids() {
    if (storage_.disk) {
      for (const model::PartitionConfig& partition : storage_.disk->partitions)
        add_id(partition.id, partition.where);
    }
    for (const model::VerityConfig& verity : storage_.verity)
      add_id(verity.id, verity.where);
  }

  void refer(const model::LocatedText& reference, const std::string& referrer,
             bool must_be_partition) {
    const bool is_partition = find_partition(storage_, reference.text) != nullptr;
    const bool is_verity = find_verity(storage_, reference.text) != nullptr;
    if (!is_partition && !is_verity) {
      if (!storage_.disk) return;
      std::vector<std::string> known;
      for (const auto& [id, where] : ids_) {
        if (!id.empty()) known.push_back(id);
      }
      std::string hint = base::did_you_mean(reference.text, known);
      if (hint.empty())
        hint = known.empty() ? "give a partition this id"
                             : fmt::format("ids are {}", base::join(known, ", "));
      diagnostics_.error("config.unknown-reference",
                         fmt::format("there is no partition or verity device with the id {}",
                                     base::quoted(reference.text)),
                         reference.where, std::move(hint));
      return;
    }
    if (must_be_partition && !is_partition) {
      diagnostics_.error("config.unknown-reference",
                         fmt::format("{} is a verity device; verity needs partitions",
                                     base::quoted(reference.text)),
                         reference.where, "name a partition");
      return;
    }
    const auto [first, is_new] = users_.emplace(reference.text, reference.where);
    if (is_new) return;
    diagnostics_.add(
        {.code = "config.conflict",
         .message =
             fmt::format("{} is used twice, here by {}", base::quoted(reference.text), referrer),
         .where = reference.where,
         .related = {{first->second, "the first use stands here"}},
         .hint = "a partition or verity device has one user; a filesystem on verity names the "
                 "verity device"});
  }

  const StorageConfig& storage_;
  base::Diagnostics diagnostics_;
  std::map<std::string, base::SourceLocation> ids_;
  std::map<std::string, base::SourceLocation> users_;
};

} // namespace

base::Diagnostics check_storage_references(const StorageConfig& storage) {
  return ReferenceRules(storage).check();
}

} // namespace imagewright::config
