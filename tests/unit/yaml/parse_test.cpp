// SPDX-License-Identifier: MIT
#include <string>

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include <imagewright/yaml/parse.hpp>

using imagewright::base::ByteSize;
using imagewright::base::SourceLocation;
using imagewright::yaml::Document;
using imagewright::yaml::Node;
using imagewright::yaml::parse;
using imagewright::yaml::ScalarStyle;

namespace {

Node root_of(const std::string& text) {
  const Document document = parse(text, "a.yaml");
  REQUIRE(document.diagnostics.items().empty());
  REQUIRE(document.root);
  return *document.root;
}

/// The one complaint about a text.
imagewright::base::Diagnostic complaint_about(const std::string& text) {
  const Document document = parse(text, "a.yaml");
  REQUIRE(document.diagnostics.items().size() == 1);
  return document.diagnostics.items().front();
}

} // namespace

TEST_CASE("positions count from one and in characters") {
  const Node root = root_of("first: 1\nsecond:\n  - \"ü\"\n  - {ü: x, key: y}\n");
  CHECK(root.where == SourceLocation{"a.yaml", 1, 1});
  CHECK(root.find_entry("second")->where == SourceLocation{"a.yaml", 2, 1});
  const Node& list = *root.find("second");
  REQUIRE(list.is_sequence());
  CHECK(list.items[0].where == SourceLocation{"a.yaml", 3, 5});
  CHECK(list.items[1].find_entry("key")->where == SourceLocation{"a.yaml", 4, 12});
}

TEST_CASE("scalars keep their text and their quoting") {
  const Node root = root_of("a: 3.0\nb: '007'\nc: |\n  two\n  lines\nd: null\ne:\nf: !odd x\n");
  CHECK(root.find("a")->text == "3.0");
  CHECK(root.find("a")->style == ScalarStyle::plain);
  CHECK(root.find("b")->text == "007");
  CHECK(root.find("b")->style == ScalarStyle::quoted);
  CHECK(root.find("c")->text == "two\nlines\n");
  CHECK(root.find("c")->style == ScalarStyle::quoted);
  CHECK(root.find("d")->is_null());
  CHECK(root.find("e")->is_null());
  CHECK(root.find("f")->tag == "!odd");
}

TEST_CASE("rejects a duplicate key with both positions and reads on") {
  const Document document = parse("a: 1\nb: 2\na: 3\nb: 4\n", "a.yaml");
  REQUIRE(document.root);
  REQUIRE(document.diagnostics.items().size() == 2);
  const auto& first = document.diagnostics.items()[0];
  CHECK(first.code == "yaml.duplicate-key");
  CHECK(first.where == SourceLocation{"a.yaml", 3, 1});
  REQUIRE(first.related.size() == 1);
  CHECK(first.related[0].where == SourceLocation{"a.yaml", 1, 1});
  CHECK(document.root->find("a")->text == "1");
}

TEST_CASE("aliases stand for their values and merge keys fill gaps") {
  const Node root = root_of("base: &base {a: 1, b: 2}\ncopy: *base\nmore:\n  <<: *base\n  b: 3\n");
  CHECK(root.find("copy")->find("a")->text == "1");
  CHECK(root.find("copy")->where.line == 1);
  CHECK(root.find("more")->find("a")->text == "1");
  CHECK(root.find("more")->find("b")->text == "3");
}

TEST_CASE("aliases of aliases are bounded") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 12; ++level) {
    const std::string before = "*a" + std::to_string(level - 1);
    text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + before;
    for (int item = 1; item < 10; ++item)
      text += ", " + before;
    text += "]\n";
  }
  CHECK(complaint_about(text).code == "yaml.too-many-nodes");
}

TEST_CASE("a line of brackets costs no memory") {
  const auto peak = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss; // KiB
  };
  for (const char bracket : {'[', '{'}) {
    const long before = peak();
    CHECK(complaint_about("a: b\nc: " + std::string(3'000'000, bracket)).code == "yaml.too-deep");
    CHECK(peak() - before < 128 * 1024);
  }
}

TEST_CASE("depth is bounded, also through aliases") {
  CHECK(complaint_about("a: " + std::string(100, '[') + std::string(100, ']')).code ==
        "yaml.too-deep");
  CHECK(complaint_about(std::string(100'000, '[')).code == "yaml.too-deep");
  CHECK(complaint_about(std::string(100'000, '{')).code == "yaml.too-deep");
  std::string dashes;
  for (int level = 0; level < 100; ++level)
    dashes += "- ";
  CHECK(complaint_about(dashes + "x").code == "yaml.too-deep");
  std::string text = "a0: &a0 [x]\n";
  for (int level = 1; level < 80; ++level) {
    text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [*a" +
            std::to_string(level - 1) + "]\n";
  }
  CHECK(complaint_about(text).code == "yaml.too-deep");
}

TEST_CASE("an alias inside its own value is refused") {
  CHECK(complaint_about("a: &a [*a]\n").code == "yaml.syntax");
}

TEST_CASE("refuses what is not text, with its position") {
  const auto bad_byte = complaint_about("a: 1\nb: \xff\n");
  CHECK(bad_byte.code == "yaml.not-text");
  CHECK(bad_byte.where == SourceLocation{"a.yaml", 2, 4});
  CHECK(complaint_about(std::string("a: 1\n\x04 b: 2\n")).code == "yaml.not-text");
  CHECK(complaint_about(std::string("a: 1\n\0b: 2\n", 11)).code == "yaml.not-text");
  CHECK(complaint_about("\xfe\xff\x61").code == "yaml.not-text");
}

TEST_CASE("a byte order mark is not part of the text") {
  CHECK(root_of("\xEF\xBB\xBF"
                "a: 1\n")
            .find_entry("a")
            ->where.column == 1);
}

TEST_CASE("empty files and several documents are refused") {
  CHECK(complaint_about("").code == "yaml.empty");
  CHECK(complaint_about("# only a comment\n").code == "yaml.empty");
  CHECK(complaint_about("---\n").code == "yaml.empty");
  const auto second = complaint_about("a: 1\n---\nb: 2\n");
  CHECK(second.code == "yaml.many-documents");
  CHECK(second.where->line == 2);
  CHECK(root_of("---\na: 1\n...\n").find("a")->text == "1");
}

TEST_CASE("a text that is too large is refused") {
  const Document document = parse(std::string(2000, 'a'), "a.yaml", {.text = ByteSize::kib(1)});
  REQUIRE(document.diagnostics.items().size() == 1);
  CHECK(document.diagnostics.items()[0].code == "yaml.too-large");
}

TEST_CASE("syntax errors are explained in our words at their place") {
  struct Case {
    const char* text;
    std::uint32_t line;
    const char* message;
  };
  const Case cases[] = {
      {"a: 'x\n", 1, "the quoted text has no end"},
      {"a: [1, 2\nb: 3\n", 1, "the \"[\" is not closed"},
      {"a: {x: 1\n", 1, "the \"{\" is not closed"},
      {"a: {b: [1, 2}\n", 1, "the \"[\" is not closed before a \"}\""},
      {"a: \"x\nb: 1\n", 1, "the quoted text has no end"},
      {"a:\n- b\n-vim\n", 3, "the dash of \"-vim\" has no blank behind it"},
      {"a: 1\nservices\n", 2, "the key \"services\" has no colon"},
      {"a:\n  services\n  enable: [b]\n", 2, "the key \"services\" has no colon"},
      {"a:\n  services\n    enable: [b]\n", 2, "the key \"services\" has no colon"},
      {"a: [b,, c]\n", 1, "there is no entry before this comma"},
      {"a: [ , c]\n", 1, "there is no entry before this comma"},
      {"a: [-, -]\n", 1, "a list item may not start with \"- \" inside of brackets"},
      {"a: [b, c]#d\n", 1, "a comment needs a blank before its \"#\""},
      {"a: \"b\"#d\n", 1, "a comment needs a blank before its \"#\""},
      {"a: [b,#d\n c]\n", 1, "a comment needs a blank before its \"#\""},
      {"a: ># d\n  x\n", 1, "a comment needs a blank before its \"#\""},
      {"a: [b,\nc]\n", 2, "this line is not indented enough to belong to the value before it"},
      {"a: \"b\nc\"\n", 2, "this line is not indented enough to belong to the value before it"},
      {"a: \"b\n\tc\"\n", 2, "a tab is used for indentation"},
      {"- [\n\tb,\n c\n ]\n", 2, "a tab is used for indentation"},
      {"a: \"\\'\"\n", 1, "this escape sequence does not exist"},
      {"a: >\n \n    \n  b\n", 3,
       "this empty line has more blanks than the first line of the text"},
      {"a:\n&x\n- b\n", 2,
       "this anchor or tag is not indented enough to belong to the key before it"},
      {"a: 1\n: 2\n", 2, "there is no key before this colon"},
      {"- a\nb: c\n", 2, "the file begins with a list, and this does not belong to it"},
      {"a: b: c\n", 1, "two keys stand on one line, \"a\" and \"b\""},
      {"password: b: c\n", 1, "a second key stands on the line of \"password\""},
      {"a: b c: d\n", 1, "a \":\" may not stand here"},
      {"a:\n  * b\n", 2, "an item of a list begins with \"-\", not with \"*\""},
      {"a: |\n  b\nc\n\nd\n  e\nf: g\n", 3,
       "this is neither a key with a colon nor indented as the text before it"},
      {"k:\n  a: |\n    b\n c\n", 4, "this line is not indented as the text before it"},
      {"- a: |\n  b c\n", 2, "the text that the line before announces is not indented"},
      {"{\"a\": [\"b\"}\n", 1, "the \"[\" is not closed before a \"}\""},
      {"{\"a\": \"b\"\n \"c\": 1}\n", 2, "there is neither a comma nor a colon before this"},
      {"a: \"\\q\"\n", 1, "this escape sequence does not exist"},
      {"a: *nobody\n", 1, "there is no anchor of this name above"},
      {"a: @x\n", 1, "this character may not start a value"},
      {"a:\n\tb: 1\n", 2, "a tab is used for indentation"},
      {"a:\n    b: 1\n  c: 2\n", 3, "this line is indented like none that it could belong to"},
      {"a:\n  b: c\n  d e\n  f: g\n", 3, "the key \"d\" has no colon"},
      {"a:\n  - b:c\n    d: e\n", 2, "the colon of \"b\" has no blank behind it"},
      {"a:\n  b = c\n  d: e\n", 2, "a \"=\" stands behind \"b\" in the place of a colon"},
      {"a:\n  - b\n  c/d\n  - e\nf: g\n", 3, "this item of a list has no dash"},
      {"a:\n  - b\n  -c\n  - d\ne: f\n", 3, "the dash of \"-c\" has no blank behind it"},
      {"a:\n  // b\n  c: d\n", 2, "a comment does not begin with \"//\""},
      {"a: b\n  c: d\n", 2, "this is indented below \"a\", which has its value already"},
      {"a: |\n  b c\n  d = e\nf g\nh: i\n", 4,
       "this is neither a key with a colon nor indented as the text before it"},
      {"  a:\n- b\n", 1, "the file begins with an indented line, and what follows is not indented"},
      {"a:\n\u00a0 b: c\n  d: e\n", 2, "a no-break space (U+00A0) is used for indentation"},
      {"? [a]\n: 1\n", 1, "a key must be a word, not a list"},
  };
  for (const Case& each : cases) {
    INFO(each.text);
    const auto complaint = complaint_about(each.text);
    CHECK(complaint.code == "yaml.syntax");
    CHECK(complaint.message == each.message);
    REQUIRE(complaint.where);
    CHECK(complaint.where->line == each.line);
  }
}

TEST_CASE("values are what the text says, where the parser library gets them wrong") {
  CHECK(root_of("a: \" b\n\n\n\"\n").find("a")->text == " b\n\n");
  CHECK(root_of("a: '\n\n'\n").find("a")->text == "\n");
  CHECK(root_of("a: \"\\N\\_\\L\\P\"\n").find("a")->text == "\u0085\u00a0\u2028\u2029");
  CHECK(root_of("a: \"b \\\n  c\"\n").find("a")->text == "b c");
  CHECK(root_of("a: \"b\\t\n  c\"\n").find("a")->text == "b\t c");
  CHECK(root_of("a: |\n  x\n   ").find("a")->text == "x\n \n");
  CHECK(root_of("- |+\n   ").items[0].text == "\n");
  CHECK(root_of("a: 'it''s'\n").find("a")->text == "it's");
  CHECK(root_of("a: !!null ''\n").find("a")->is_null());
  CHECK(root_of("a: !!int 5\n").find("a")->style == ScalarStyle::plain);
  CHECK(root_of("a: !!int '5'\n").find("a")->style == ScalarStyle::quoted);
}

TEST_CASE("brackets may close in the first column, and comments stand between entries") {
  CHECK(root_of("a: [\n  b, # one\n  \"c # d\", e#f\n]\n").find("a")->items.size() == 3);
  CHECK(root_of("a: {\n  b: [c, 'd]'],\n}\n").find("a")->entries.size() == 1);
}

TEST_CASE("columns count characters") {
  CHECK(root_of("a: {\u00e4\u00e4: b, c: d}\n").find("a")->find_entry("c")->where.column == 12);
}

TEST_CASE("UTF-16 and lines that end in carriage returns alone are read") {
  CHECK(root_of(std::string("\xff\xfe"
                            "a\0:\0 \0\xe4\0\n\0",
                            12))
            .find("a")
            ->text == "\u00e4");
  CHECK(root_of(std::string("\xfe\xff\0a\0:\0 \0b", 10)).find("a")->text == "b");
  CHECK(root_of("a: 1\rb: 2\r").find("b")->where.line == 2);
  CHECK(complaint_about("\xff\xfe\x61").code == "yaml.not-text");
}

TEST_CASE("a mapping with very many keys is read in good time") {
  std::string text;
  for (int index = 0; index < 100'000; ++index)
    text += "key" + std::to_string(index) + ": 1\n";
  const Document document = parse(text, "a.yaml");
  REQUIRE(document.root);
  CHECK(document.root->entries.size() == 100'000);
}

TEST_CASE("one long line, and many anchors, are read in good time") {
  std::string list = "a: [";
  std::string anchors;
  for (int index = 0; index < 100'000; ++index) {
    list += "ü" + std::to_string(index) + ", ";
    anchors += "k" + std::to_string(index) + ": &k" + std::to_string(index) + " x\n";
  }
  const Node items = root_of(list + "]\n").entries[0].value;
  REQUIRE(items.items.size() == 100'000);
  CHECK(items.items[1].where.column == 9);
  CHECK(items.items[10].where.column == 45);
  CHECK(root_of(anchors).entries.size() == 100'000);
}

TEST_CASE("a directive needs the line that ends directives") {
  CHECK(root_of("%YAML 1.2\n# text\n---\na: 1\n").entries.size() == 1);
  CHECK(root_of("a: |\n  %x\n").entries.size() == 1);
  CHECK(complaint_about("a: 1\n%: 1\n").where->line == 2);
  CHECK(complaint_about("a:\n- 1\n%b c\n").where->line == 3);
  CHECK(complaint_about("%YAML 1.2\na: 1\n").message == "no line \"---\" follows this directive");
  CHECK(complaint_about("# text\n%TAG ! x:\n\na: 1\n").where->line == 2);
}

TEST_CASE("keys in the long form may be nested") {
  const Node root = root_of("? a\n: ? b\n  : c\n  ? d\n  : - ? e\n      : f\n");
  CHECK(root.entries[0].value.entries[0].value.text == "c");
  CHECK(root.entries[0].value.entries[1].value.items[0].entries[0].value.text == "f");
}

TEST_CASE("a byte order mark in the midst of a file is named") {
  CHECK(complaint_about("a: 1\n\xEF\xBB\xBF"
                        "b: 2\n")
            .code == "yaml.not-text");
  CHECK(complaint_about("a: 1\n\xEF\xBB\xBF"
                        "b: 2\n")
            .where->line == 2);
}

TEST_CASE("marks of a merge that is not done are named") {
  CHECK(complaint_about("<<<<<<< one\na: 1\n=======\na: 2\n>>>>>>> two\n").message ==
        "two versions of these lines are not merged yet");
}

TEST_CASE("an anchor or a tag before a key does not move the key") {
  const Node root = root_of("&first name: &second\n  value\n!!str other: !!str\n  text\n");
  REQUIRE(root.entries.size() == 2);
  CHECK(root.entries[0].value.text == "value");
  CHECK(root.entries[1].key == "other");
  CHECK(root.entries[1].value.text == "text");
  CHECK(root_of("!!str name: \"one\n  two\"\n").entries[0].value.text == "one two");
}

TEST_CASE("tabs on an empty line are no indentation, and stay in texts") {
  const Node root = root_of("a: 1\n\t\nb:\n\t\t\n  c: 2\n \t\n\n\t\nd: |\n  x\n  \t\n  y\n");
  REQUIRE(root.entries.size() == 3);
  CHECK(root.entries[1].value.entries[0].where.line == 5);
  CHECK(root.entries[2].value.text == "x\n\t\ny\n");
  CHECK(complaint_about("a:\n\tb: 1\n").message == "a tab is used for indentation");
}

TEST_CASE("question marks inside of brackets are part of the text") {
  const Node root =
      root_of("a: [https://host/?key=value, b?, ?c, d ? e]\nf: {g?: h?}\n? i\n: j?\n");
  REQUIRE(root.entries.size() == 3);
  const Node& list = root.entries[0].value;
  REQUIRE(list.items.size() == 4);
  CHECK(list.items[0].text == "https://host/?key=value");
  CHECK(list.items[1].text == "b?");
  CHECK(list.items[2].text == "?c");
  CHECK(list.items[3].text == "d ? e");
  CHECK(root.entries[1].value.entries[0].key == "g?");
  CHECK(root.entries[1].value.entries[0].value.text == "h?");
  CHECK(root.entries[2].key == "i");
  CHECK(root.entries[2].value.text == "j?");
}

TEST_CASE("keys in braces may go on in the next line") {
  for (const char* text :
       {"a: {b: c,\n d\n : e}\n", "a: {b: c,\n \"d\"\n : e}\n", "a: {b: c, d # \"\n # :\n : e}\n",
        "a: {b: c,\n 'd'\n :e}\n", "a: {b: c,\n d: e\n}\n", "{a: {b: c,\n \"\\\n  d\": e}}\n"}) {
    INFO(text);
    const Node value = root_of(text).entries[0].value;
    REQUIRE(value.entries.size() == 2);
    CHECK(value.entries[1].key == "d");
    CHECK(value.entries[1].value.text == "e");
  }
  const Node value =
      root_of("a: {b\n  c\n\n  d: e, 'f\n  # g': [h, {i\n : j}]}\nk: l\n").entries[0].value;
  CHECK(value.entries[0].key == "b c\nd");
  CHECK(value.entries[0].where.column == 5);
  CHECK(value.entries[1].key == "f # g");
  CHECK(value.entries[1].where.line == 4);
  CHECK(value.entries[1].value.items[1].entries[0].value.where.line == 6);
  CHECK(root_of("a: {b: c,\n d\n e}\n").entries[0].value.entries[1].key == "d e");
  CHECK(root_of("a: {\n b:\n  c,\n ? d\n : e,\n f: [g\n h]}\n").entries[0].value.entries.size() ==
        3);
}

TEST_CASE("very many keys on two lines are refused in good time") {
  std::string text;
  for (int number = 0; number < 200; ++number)
    text += "a" + std::to_string(number) + ": {b\n : c}\n";
  CHECK(complaint_about(text).message == "too many keys in braces stand on two lines");
  std::string one = "a: {b: c";
  for (int number = 0; number < 1000; ++number)
    one += ", d" + std::to_string(number) + "\n : c";
  CHECK(root_of(one + "}\n").entries[0].value.entries.size() == 1001);
}

TEST_CASE("a merge key stands once in a mapping") {
  const auto document = parse("a: &a {b: c}\nd:\n  <<: *a\n  <<: *a\n", "test.yaml");
  REQUIRE(document.diagnostics.items().size() == 1);
  CHECK(document.diagnostics.items()[0].code == "yaml.duplicate-key");
  CHECK(document.diagnostics.items()[0].where->line == 4);
}

TEST_CASE("tabs before the first line of a text block are indentation") {
  CHECK(complaint_about("a: |\n\t\nb: 1\n").message == "a tab is used for indentation");
}
