// SPDX-License-Identifier: MIT
#include <imagewright/base/shown_diagnostic.hpp>
#include <imagewright/base/url.hpp>

namespace imagewright::base {

Diagnostic without_secrets(Diagnostic diagnostic) {
  diagnostic.message = without_secrets(diagnostic.message);
  for (RelatedLocation& related : diagnostic.related)
    related.message = without_secrets(related.message);
  for (std::string& line : diagnostic.context)
    line = without_secrets(line);
  diagnostic.hint = without_secrets(diagnostic.hint);
  return diagnostic;
}

} // namespace imagewright::base
