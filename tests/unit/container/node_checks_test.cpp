// SPDX-License-Identifier: MIT
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/container/node_checks.hpp>

using namespace imagewright;

namespace {

using Files = std::map<std::string, std::string>;

container::NodeFiles node_files(const Files& files) {
  return {.find_content = [files](const std::string& path) -> std::optional<std::string> {
            const auto found = files.find(path);
            if (found == files.end()) return std::nullopt;
            return found->second;
          },
          .list =
              [files](const std::string& directory) {
                std::vector<std::string> names;
                for (const auto& [path, content] : files) {
                  if (path.starts_with(directory + "/"))
                    names.push_back(path.substr(directory.size() + 1));
                }
                return names;
              }};
}

struct Node {
  Files files;
  std::vector<model::OverlayConfig> overlays;
  std::vector<std::string> own_mount_points;
  std::vector<std::string> arguments;
  std::vector<model::LockedContainerImage> images{{.name = "registry.example/pause:3.9",
                                                   .name_space = "k8s.io",
                                                   .pinning = model::Pinning::pinned}};

  std::vector<std::string> codes() const {
    std::vector<std::string> codes;
    const base::Diagnostics mistakes = container::check_node({.images = images,
                                                              .overlays = overlays,
                                                              .own_mount_points = own_mount_points,
                                                              .kernel_arguments = arguments,
                                                              .where = {"node.yaml", 1, 1}},
                                                             node_files(files));
    for (const base::Diagnostic& mistake : mistakes.items())
      codes.push_back(mistake.code);
    return codes;
  }
};

const std::vector<std::string> k_hidden{"container.hidden-store"};

std::string configuration(const std::string& image) {
  return "version = 2\n[plugins]\n  [plugins.\"io.containerd.grpc.v1.cri\"]\n    sandbox_image = "
         "\"" +
         image + "\" # of pods\n";
}

} // namespace

TEST_CASE("a node without anything special sees its images") {
  CHECK(Node{}.codes().empty());
}

TEST_CASE("a line of fstab over the store is refused, and one beside it is not") {
  for (const char* place : {"/var/lib/containerd", "/var/lib/containerd/", "/var/lib", "/var",
                            "/var/lib/containerd/io.containerd.content.v1.content"}) {
    INFO(place);
    CHECK(Node{.files = {{"/etc/fstab", std::string("LABEL=data ") + place + " ext4 rw 0 0\n"}}}
              .codes() == k_hidden);
  }
  for (const char* line : {"LABEL=a / ext4 rw 0 0", "LABEL=a /var/lib/containerd-data ext4 rw 0 0",
                           "# LABEL=a /var ext4 rw 0 0", "LABEL=a none swap sw 0 0",
                           "tmpfs /var/lib/kubelet tmpfs rw 0 0"}) {
    INFO(line);
    CHECK(Node{.files = {{"/etc/fstab", std::string(line) + "\n"}}}.codes().empty());
  }
}

TEST_CASE("a partition of the image itself hides nothing") {
  CHECK(Node{.files = {{"/etc/fstab", "PARTUUID=1 /var ext4 rw 0 0\n"}},
             .overlays = {},
             .own_mount_points = {"/", "/var"}}
            .codes()
            .empty());
}

TEST_CASE("a mount unit over the store is refused by what it says, not by its name") {
  for (const char* directory : {"/etc/systemd/system", "/usr/lib/systemd/system"}) {
    const std::string path = std::string(directory) + "/var-lib-containerd.mount";
    CHECK(
        Node{.files = {{path, "[Mount]\nWhat=/dev/sdb1\nWhere = /var/lib/containerd\n"}}}.codes() ==
        k_hidden);
    CHECK(Node{.files = {{path, "[Mount]\nWhat=/dev/sdb1\nWhere=/srv\n"}}}.codes().empty());
  }
}

TEST_CASE("an overlay hides the store unless it has its own place below it") {
  const model::OverlayConfig hiding{.lower_directories = {"/usr/share/var"},
                                    .mount_point = {"/var", {}}};
  const model::OverlayConfig showing{.lower_directories = {"/usr/share/var", "/var"},
                                     .mount_point = {"/var", {}}};
  CHECK(Node{.files = {}, .overlays = {hiding}}.codes() == k_hidden);
  CHECK(Node{.files = {}, .overlays = {showing}}.codes().empty());
}

TEST_CASE("a root that is empty at each boot is refused") {
  for (const char* argument : {"systemd.volatile=yes", "systemd.volatile=state"}) {
    Node node;
    node.arguments = {"quiet", argument};
    CHECK(node.codes() == k_hidden);
  }
  Node node;
  node.arguments = {"systemd.volatile=overlay"};
  CHECK(node.codes().empty());
}

TEST_CASE("the store is where containerd's configuration says, and is looked for there") {
  const Files files{{"/etc/containerd/config.toml", "version = 2\nroot = '/data/containerd'\n"},
                    {"/etc/fstab", "LABEL=data /data ext4 rw 0 0\n"}};
  CHECK(container::store_directory(node_files(files)) == "/data/containerd");
  CHECK(Node{.files = files}.codes() == k_hidden);
  CHECK(container::store_directory(node_files({})) == "/var/lib/containerd");
  // A key of that name in a table is another one.
  CHECK(container::store_directory(
            node_files({{"/etc/containerd/config.toml", "[debug]\nroot = \"/elsewhere\"\n"}})) ==
        "/var/lib/containerd");
}

TEST_CASE("the image of every pod must be there, and stay") {
  const std::string file = "/etc/containerd/config.toml";
  CHECK(Node{.files = {{file, configuration("registry.example/pause:3.9")}}}.codes().empty());
  CHECK(Node{.files = {{file, configuration("registry.example/pause:3.8")}}}.codes() ==
        std::vector<std::string>{"container.sandbox-image-missing"});
  Node unpinned{.files = {{file, configuration("registry.example/pause:3.9")}}};
  unpinned.images[0].pinning = model::Pinning::unpinned;
  CHECK(unpinned.codes() == std::vector<std::string>{"container.sandbox-image-not-pinned"});
  Node elsewhere{.files = {{file, configuration("registry.example/pause:3.9")}}};
  elsewhere.images[0].name_space = "moby";
  CHECK(elsewhere.codes() == std::vector<std::string>{"container.sandbox-image-missing"});
  CHECK(Node{.files = {{file, "version = 3\n[plugins.'io.containerd.cri.v1.images'.pinned_images]\n"
                              "sandbox = 'registry.example/pause:4'\n"}}}
            .codes() == std::vector<std::string>{"container.sandbox-image-missing"});
}

TEST_CASE("a name means one image") {
  Node node;
  node.images.push_back(node.images.front());
  CHECK(node.codes() == std::vector<std::string>{"container.duplicate-name"});
  node.images.back().name_space = "other";
  CHECK(node.codes().empty());
}
