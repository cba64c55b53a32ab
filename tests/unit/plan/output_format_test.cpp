// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/model/image_format.hpp>
#include <imagewright/plan/output_format.hpp>

using namespace imagewright;

TEST_CASE("what is published for a plan has the names of the plan") {
  plan::BuildPlan plan{.config = {}, .release = {}, .architecture = model::architecture("x86_64")};
  plan.config.name = "node";
  model::OutputImage output;
  output.format = model::output_format_of(model::ImageFormat::qcow2);
  plan.outputs = {output};
  for (const char* name : {"node-x86_64.qcow2", "node-x86_64.manifest.json", "SHA256SUMS",
                           "node-x86_64.report.json", "node-x86_64.files.notes.txt"}) {
    CAPTURE(name);
    CHECK(plan::is_name_of_output(plan, name));
  }
  for (const char* name : {"other-x86_64.qcow2", "node-x86_64.raw", "node-aarch64.qcow2", "",
                           "below/node-x86_64.qcow2", "node-x86_64.files./other", "id_rsa"}) {
    CAPTURE(name);
    CHECK_FALSE(plan::is_name_of_output(plan, name));
  }
}
