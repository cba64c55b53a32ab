// SPDX-License-Identifier: MIT
#include "config/bind/bind.hpp"

namespace imagewright::config {

namespace {

model::LineEdit bind_line(const Reader& reader) {
  model::LineEdit edit{.pattern = {}, .text = {}, .anchor = {}, .where = reader.where()};
  if (auto pattern = reader.text("remove")) {
    edit.kind = model::LineEditKind::remove;
    edit.pattern = std::move(*pattern);
  } else if (auto replaced = reader.text("replace")) {
    edit.kind = model::LineEditKind::replace;
    edit.pattern = std::move(*replaced);
    edit.text = reader.text_or("with", "");
  } else {
    edit.text = reader.text_or("add", "");
  }
  if (auto before = reader.text("before")) {
    edit.place = model::LinePlace::before;
    edit.anchor = std::move(before);
  } else if (auto after = reader.text("after")) {
    edit.place = model::LinePlace::after;
    edit.anchor = std::move(after);
  }
  return edit;
}

model::PathEdit bind_edit(const Reader& reader) {
  model::PathEdit edit{.path = reader.text("path").value_or(model::LocatedText{"", reader.where()}),
                       .lines = {},
                       .target = {},
                       .permissions = reader.permissions("permissions"),
                       .owner = reader.text("owner"),
                       .group = reader.text("group"),
                       .where = reader.where()};
  for (const Reader& each : reader.mappings("lines"))
    edit.lines.push_back(bind_line(each));
  if (!edit.lines.empty()) edit.kind = model::PathEditKind::lines;
  if (auto target = reader.text("link")) {
    edit.kind = model::PathEditKind::link;
    edit.target = std::move(target->text);
  }
  if (reader.is_true("directory")) edit.kind = model::PathEditKind::directory;
  if (reader.is_true("remove")) edit.kind = model::PathEditKind::removal;
  return edit;
}

} // namespace

std::vector<model::PathEdit> bind_edits(const Reader& os) {
  std::vector<model::PathEdit> edits;
  for (const Reader& reader : os.mappings("edits"))
    edits.push_back(bind_edit(reader));
  return edits;
}

} // namespace imagewright::config
