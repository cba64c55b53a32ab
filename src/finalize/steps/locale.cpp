// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "../key_value.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

void set_timezone(const Context& context, const model::LocatedText& zone) {
  const std::string file = "/usr/share/zoneinfo/" + zone.text;
  if (!context.root.exists(file)) {
    throw base::Error(
        base::FailureKind::input,
        {.code = "finalize.unknown-timezone",
         .message = "the image has no time zone " + base::quoted(zone.text),
         .where = zone.where,
         .hint = "install the package with the time zone data, or correct os.timezone"});
  }
  context.root.make_symlink("/etc/localtime", ".." + file);
}

void set_value(const Context& context, const std::string& path, const std::string& key,
               const std::string& value) {
  const auto text = context.root.find_content(path).value_or("");
  context.root.write(path, with_value(text, key, value), 0644);
}

} // namespace

void locale(const Context& context) {
  const auto& os = context.plan.os;
  if (os.locale) set_value(context, "/etc/locale.conf", "LANG", os.locale->text);
  if (os.keymap) set_value(context, "/etc/vconsole.conf", "KEYMAP", os.keymap->text);
  if (os.timezone) set_timezone(context, *os.timezone);
}

} // namespace imagewright::finalize::steps
