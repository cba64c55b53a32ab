// SPDX-License-Identifier: MIT
#include "disk/ext4/features.hpp"

#include <algorithm>
#include <array>

#include <ext2fs/ext2fs.h>
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::disk {

namespace {

struct Feature {
  const char* word;
  Ext4Features bits;
};

constexpr std::array k_features = {
    Feature{"has_journal", {.compatible = EXT3_FEATURE_COMPAT_HAS_JOURNAL}},
    Feature{"ext_attr", {.compatible = EXT2_FEATURE_COMPAT_EXT_ATTR}},
    Feature{"resize_inode", {.compatible = EXT2_FEATURE_COMPAT_RESIZE_INODE}},
    Feature{"dir_index", {.compatible = EXT2_FEATURE_COMPAT_DIR_INDEX}},
    Feature{"orphan_file", {.compatible = EXT4_FEATURE_COMPAT_ORPHAN_FILE}},
    Feature{"filetype", {.incompatible = EXT2_FEATURE_INCOMPAT_FILETYPE}},
    Feature{"extent", {.incompatible = EXT3_FEATURE_INCOMPAT_EXTENTS}},
    Feature{"extents", {.incompatible = EXT3_FEATURE_INCOMPAT_EXTENTS}},
    Feature{"64bit", {.incompatible = EXT4_FEATURE_INCOMPAT_64BIT}},
    Feature{"flex_bg", {.incompatible = EXT4_FEATURE_INCOMPAT_FLEX_BG}},
    Feature{"metadata_csum_seed", {.incompatible = EXT4_FEATURE_INCOMPAT_CSUM_SEED}},
    Feature{"sparse_super", {.read_only_compatible = EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER}},
    Feature{"large_file", {.read_only_compatible = EXT2_FEATURE_RO_COMPAT_LARGE_FILE}},
    Feature{"huge_file", {.read_only_compatible = EXT4_FEATURE_RO_COMPAT_HUGE_FILE}},
    Feature{"uninit_bg", {.read_only_compatible = EXT4_FEATURE_RO_COMPAT_GDT_CSUM}},
    Feature{"uninit_groups", {.read_only_compatible = EXT4_FEATURE_RO_COMPAT_GDT_CSUM}},
    Feature{"dir_nlink", {.read_only_compatible = EXT4_FEATURE_RO_COMPAT_DIR_NLINK}},
    Feature{"extra_isize", {.read_only_compatible = EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE}},
    Feature{"metadata_csum", {.read_only_compatible = EXT4_FEATURE_RO_COMPAT_METADATA_CSUM}},
};

const std::vector<std::string>& default_words() {
  static const std::vector<std::string> words = {
      "sparse_super",  "large_file",  "filetype",  "resize_inode", "dir_index",
      "ext_attr",      "has_journal", "extent",    "huge_file",    "flex_bg",
      "metadata_csum", "64bit",       "dir_nlink", "extra_isize"};
  return words;
}

const Feature& feature(const std::string& word) {
  const auto* found = std::find_if(k_features.begin(), k_features.end(),
                                   [&](const Feature& known) { return known.word == word; });
  if (found != k_features.end()) return *found;
  std::vector<std::string> known;
  for (const Feature& each : k_features)
    known.emplace_back(each.word);
  throw base::Error(base::FailureKind::input, "disk.feature-unsupported",
                    fmt::format("the ext4 feature {} cannot be written", base::quoted(word)),
                    base::did_you_mean(word, known));
}

void require(bool is_met, std::string_view word, std::string_view needed) {
  if (is_met) return;
  throw base::Error(base::FailureKind::input, "disk.feature-unsupported",
                    fmt::format("{} needs the ext4 feature \"{}\"", word, needed),
                    fmt::format("add \"{}\" to the filesystem's features", needed));
}

void check_dependencies(const Ext4Features& features) {
  const auto has = [](std::uint32_t word, std::uint32_t bit) { return (word & bit) != 0; };
  require(has(features.incompatible, EXT3_FEATURE_INCOMPAT_EXTENTS), "every ext4 filesystem here",
          "extent");
  require(has(features.incompatible, EXT2_FEATURE_INCOMPAT_FILETYPE), "every ext4 filesystem here",
          "filetype");
  require(has(features.compatible, EXT2_FEATURE_COMPAT_EXT_ATTR), "every ext4 filesystem here",
          "ext_attr");
  require(!has(features.compatible, EXT4_FEATURE_COMPAT_ORPHAN_FILE) ||
              has(features.compatible, EXT3_FEATURE_COMPAT_HAS_JOURNAL),
          "\"orphan_file\"", "has_journal");
  require(!has(features.incompatible, EXT4_FEATURE_INCOMPAT_CSUM_SEED) ||
              has(features.read_only_compatible, EXT4_FEATURE_RO_COMPAT_METADATA_CSUM),
          "\"metadata_csum_seed\"", "metadata_csum");
  require(!has(features.compatible, EXT2_FEATURE_COMPAT_RESIZE_INODE) ||
              has(features.read_only_compatible, EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER),
          "\"resize_inode\"", "sparse_super");
}

} // namespace

Ext4Features ext4_features(const std::vector<std::string>& words) {
  Ext4Features features;
  for (const std::string& word : words.empty() ? default_words() : words) {
    const Ext4Features& bits = feature(word).bits;
    features.compatible |= bits.compatible;
    features.incompatible |= bits.incompatible;
    features.read_only_compatible |= bits.read_only_compatible;
  }
  // Both describe the same field; the kernel refuses them together.
  if ((features.read_only_compatible & EXT4_FEATURE_RO_COMPAT_METADATA_CSUM) != 0) {
    features.read_only_compatible &= ~static_cast<std::uint32_t>(EXT4_FEATURE_RO_COMPAT_GDT_CSUM);
  }
  check_dependencies(features);
  return features;
}

bool uses_extents(const Ext4Features& features) {
  return (features.incompatible & EXT3_FEATURE_INCOMPAT_EXTENTS) != 0;
}

const Ext4Features& all_ext4_features() {
  static const Ext4Features all = [] {
    Ext4Features features;
    for (const Feature& each : k_features) {
      features.compatible |= each.bits.compatible;
      features.incompatible |= each.bits.incompatible;
      features.read_only_compatible |= each.bits.read_only_compatible;
    }
    return features;
  }();
  return all;
}

} // namespace imagewright::disk
