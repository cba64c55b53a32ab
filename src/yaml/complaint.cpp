// SPDX-License-Identifier: MIT
#include "yaml/complaint.hpp"

#include <array>

#include <yaml-cpp/exceptions.h>

namespace imagewright::yaml {

namespace {

struct Row {
  std::string_view library_message; ///< or its beginning
  std::string_view message;
  std::string_view hint;
};

namespace theirs = YAML::ErrorMsg;

constexpr std::string_view k_indent_hint =
    "check the indentation: keys of one mapping, and dashes of one list, start in the same column";
constexpr std::string_view k_quote_hint = "put the value in quotes";

const std::array k_rows = {
    Row{theirs::TAB_IN_INDENTATION, "a tab is used for indentation", "indent with blanks"},
    Row{theirs::END_OF_MAP_FLOW, "the \"{\" is not closed, or a comma is missing",
        "write the entries as {key: value, key: value}"},
    Row{theirs::END_OF_SEQ_FLOW, "the \"[\" is not closed, or a comma is missing",
        "write the items as [first, second]"},
    Row{theirs::END_OF_MAP, "this does not fit into the mapping before it", k_indent_hint},
    Row{theirs::END_OF_SEQ, "this does not fit into the list before it", k_indent_hint},
    Row{theirs::EOF_IN_SCALAR, "the quoted text has no end", "add the closing quote"},
    Row{theirs::DOC_IN_SCALAR, "a line of dashes or dots stands inside quoted text",
        "add the closing quote before it"},
    Row{theirs::CHAR_IN_SCALAR, "this character may not stand in a value without quotes",
        k_quote_hint},
    Row{theirs::INVALID_ESCAPE, "this escape sequence does not exist",
        "write a backslash as \"\\\\\", or use single quotes"},
    Row{theirs::INVALID_HEX, "an escape sequence needs hexadecimal digits",
        "write \"\\x41\" or \"\\u0041\""},
    Row{theirs::INVALID_UNICODE, "this escape sequence is not a character of Unicode", ""},
    Row{theirs::SINGLE_QUOTED_CHAR, "this may not stand in single-quoted text",
        "double the quote inside it"},
    Row{theirs::FLOW_END, "a closing bracket without its opening one",
        "remove it, or put the value in quotes"},
    Row{theirs::BLOCK_ENTRY, "a list item may not start here",
        "start each \"- item\" on a line of its own, or remove the dash"},
    Row{theirs::MAP_KEY, "a key may not start here", k_indent_hint},
    Row{theirs::MAP_VALUE, "a \":\" may not stand here",
        "put a value that holds \": \" in quotes, or check the indentation"},
    Row{theirs::UNKNOWN_ANCHOR, "there is no anchor of this name above",
        "define it with \"&name\" before it is used, or put a text that starts with \"*\" in "
        "quotes"},
    Row{theirs::ALIAS_NOT_FOUND, "a \"*\" without the name of an anchor", k_quote_hint},
    Row{theirs::ANCHOR_NOT_FOUND, "a \"&\" without the name of an anchor", k_quote_hint},
    Row{theirs::CHAR_IN_ALIAS, "this character may not stand in the name of an alias",
        k_quote_hint},
    Row{theirs::CHAR_IN_ANCHOR, "this character may not stand in the name of an anchor",
        k_quote_hint},
    Row{theirs::ALIAS_CONTENT, "an alias may not have a tag or an anchor of its own", "remove it"},
    Row{theirs::MULTIPLE_TAGS, "two tags on one value", "remove one"},
    Row{theirs::MULTIPLE_ANCHORS, "two anchors on one value", "remove one"},
    Row{theirs::ZERO_INDENT_IN_BLOCK,
        "the text after \"|\" or \">\" may not have the indentation 0",
        "give a number from 1 to 9, or none"},
    Row{theirs::CHAR_IN_BLOCK, "only a comment may follow \"|\" or \">\" on its line",
        "start the text on the next line"},
    Row{theirs::UNKNOWN_TOKEN, "this character may not start a value", k_quote_hint},
    Row{theirs::YAML_DIRECTIVE_ARGS, "\"%YAML\" needs exactly one version", "remove the line"},
    Row{theirs::YAML_VERSION, "\"%YAML\" with something that is not a version", "remove the line"},
    Row{theirs::YAML_MAJOR_VERSION, "a YAML version that does not exist", "remove the line"},
    Row{theirs::REPEATED_YAML_DIRECTIVE, "\"%YAML\" for the second time", "remove the line"},
    Row{theirs::TAG_DIRECTIVE_ARGS, "\"%TAG\" needs a handle and a prefix", "remove the line"},
    Row{theirs::REPEATED_TAG_DIRECTIVE, "\"%TAG\" for the second time", "remove the line"},
    Row{theirs::CHAR_IN_TAG_HANDLE, "this character may not stand in a tag", k_quote_hint},
    Row{theirs::TAG_WITH_NO_SUFFIX, "a tag without a name", k_quote_hint},
    Row{theirs::END_OF_VERBATIM_TAG, "a tag without its \">\"", k_quote_hint},
};

} // namespace

Complaint tab_complaint() {
  return complaint_for(theirs::TAB_IN_INDENTATION);
}

Complaint complaint_for(std::string_view library_message) {
  for (const Row& row : k_rows) {
    if (library_message.starts_with(row.library_message)) {
      return {std::string(row.message), std::string(row.hint)};
    }
  }
  return {"this is not YAML", "check quotes, brackets and indentation near this place"};
}

} // namespace imagewright::yaml
