// SPDX-License-Identifier: MIT
#pragma once

// Sections that come to a finished program for EFI.

#include <string>
#include <utility>
#include <vector>

#include <imagewright/base/cancellation.hpp>

namespace imagewright::finalize {

struct AddedSections {
  int program = -1;                                          ///< to be read
  int target = -1;                                           ///< an empty file, to be written
  std::string name;                                          ///< of the program, for messages
  std::vector<std::pair<std::string, std::string>> sections; ///< names and contents
};

/// Done by a worker. A signature of the program is left out: it covers other bytes. Throws
/// base::Error (finalize.unfit-stub, fs.cannot-write).
void add_sections(const AddedSections& request, const base::Cancellation& cancellation);

} // namespace imagewright::finalize
