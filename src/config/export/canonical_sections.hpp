// SPDX-License-Identifier: MIT
#pragma once

// The sections of a config, each written into the section of its name. Every function names each
// member of its value, so that a new member that nobody writes does not compile.

#include <imagewright/model/image_config.hpp>

#include "config/export/section.hpp"

namespace imagewright::config {

Section written_storage(Section section, const model::StorageConfig& storage);
Section written_os(Section section, const model::OsConfig& os);
Section written_input(Section section, const model::InputConfig& input);
Section written_output(Section section, const model::OutputConfig& output);
Section written_medium(Section section, const model::LiveMediumConfig& medium);

/// For `os`, `iso` and `pxe`.
void put_kernel_command_line(Section& owner, const std::vector<model::LocatedText>& arguments);
void put_additional_files(Section& owner, const std::vector<model::AdditionalFile>& files);

/// Accounts of `os`.
void put_accounts(Section& os, const std::vector<model::GroupConfig>& groups,
                  const std::vector<model::UserConfig>& users);

} // namespace imagewright::config
