// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/model/edit_config.hpp>

namespace imagewright::model {

std::string edit_text(const PathEdit& edit) {
  std::vector<std::string> words;
  switch (edit.kind) {
  case PathEditKind::properties:
    break;
  case PathEditKind::lines:
    words.push_back(
        fmt::format("{} edit{} of lines", edit.lines.size(), edit.lines.size() == 1 ? "" : "s"));
    break;
  case PathEditKind::link:
    words.push_back("link to " + base::quoted(edit.target));
    break;
  case PathEditKind::removal:
    words.push_back("removed");
    break;
  case PathEditKind::directory:
    words.push_back("directory");
    break;
  }
  if (edit.permissions) words.push_back(fmt::format("mode {:04o}", *edit.permissions));
  if (edit.owner) words.push_back("owner " + edit.owner->text);
  if (edit.group) words.push_back("group " + edit.group->text);
  return base::join(words, ", ");
}

} // namespace imagewright::model
