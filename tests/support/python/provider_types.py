# SPDX-License-Identifier: MIT
"""What resources of Terraform's provider for Azure have, from the types that are made of its schema (npm: @cdktf/provider-azurerm).

`python3 provider_types.py NODE_MODULES TABLE` writes the table anew: of each resource in it the attributes and blocks, "required" or "optional" each (of a block
under the name ""), and what it gives away under "exports"."""

import json
import re
import sys
from pathlib import Path

PACKAGE = "@cdktf/provider-azurerm"


def snake(name):
    return re.sub(r"(?<=[a-z])(?=\d+[A-Z]|[A-Z])", "_", name).lower()


def block(interfaces, name):
    """Attributes and blocks of an interface."""
    found = {}
    for attribute, is_optional, kind in re.findall(r"#(\w+) \w+#\w+\}(?:(?!\*/).)*\*/\s*readonly \w+(\??): ([^;]*?);\n", interfaces[name], re.S):
        inner = re.match(r"\w*", kind)[0]
        need = "optional" if is_optional else "required"
        found[attribute] = {"": need} | block(interfaces, inner) if inner in interfaces else need
    return found


def resource(modules, name):
    """Of a resource, "azurerm_storage_blob"."""
    folder = modules / PACKAGE / "lib" / name.removeprefix("azurerm_").replace("_", "-")
    text = "".join(path.read_text() for path in sorted(folder.rglob("*.d.ts")))
    interfaces = dict(re.findall(r"^export interface (\w+)(?: extends [\w.]+)? \{\n(.*?)^\}", text, re.S | re.M))
    main = next(each for each in interfaces if each.endswith("Config") and "TerraformMetaArguments" in re.search(rf"interface {each} ([^{{]*)", text)[1])
    body = re.search(r"^export declare class \w+ extends cdktf\.TerraformResource \{\n(.*?)^\}", text, re.S | re.M)[1]
    exports = sorted({snake(each) for each in re.findall(r"^    get (\w+)\(\)", body, re.M) if not each.endswith("Input")})
    return block(interfaces, main) | {"exports": exports}


def table(modules, resources):
    return {name: resource(modules, name) for name in sorted(resources)}


def text(content):
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    place = Path(sys.argv[2])
    place.write_text(text(table(Path(sys.argv[1]), json.loads(place.read_text()))))
