# SPDX-License-Identifier: MIT
"""What Kubernetes admits where a namespace enforces the restricted Pod Security Standard."""

from imagewright_testing import require_module

# Pod Security Standards, profile "restricted" with what it takes over from "baseline".
ADMITTED_VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def restricted_violations(pod):
    """What of a pod's specification the restricted standard does not admit."""
    context = pod.get("securityContext", {})
    found = [key for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key)]
    found += [volume["name"] for volume in pod.get("volumes", []) if not (set(volume) - {"name"}) <= ADMITTED_VOLUMES]
    found += ["sysctls"] if context.get("sysctls") else []
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        own = container.get("securityContext", {})
        effective = {**context, **own}
        capabilities = own.get("capabilities", {})
        rules = {
            "privileged": not own.get("privileged", False),
            "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
            "runAsNonRoot": effective.get("runAsNonRoot") is True,
            "runAsUser": effective.get("runAsUser") != 0,
            "seccompProfile": effective.get("seccompProfile", {}).get("type") in ("RuntimeDefault", "Localhost"),
            "capabilities.drop": "ALL" in capabilities.get("drop", []),
            "capabilities.add": set(capabilities.get("add", [])) <= {"NET_BIND_SERVICE"},
            "procMount": own.get("procMount", "Default") == "Default",
            "hostPort": not any(port.get("hostPort") for port in container.get("ports", [])),
            "appArmorProfile": effective.get("appArmorProfile", {}).get("type", "RuntimeDefault") in ("RuntimeDefault", "Localhost"),
            "seLinuxOptions": not effective.get("seLinuxOptions"),
        }
        found += [name for name, is_met in rules.items() if not is_met]
    return found


def pod_of(path):
    """The specification of the pod that a file for Kubernetes, Argo Workflows or Tekton comes to."""
    found = require_module("yaml").safe_load(path.read_text())
    spec = found["spec"]
    if found["kind"] == "WorkflowTemplate":
        return {**spec, "containers": [template["container"] for template in spec["templates"]]}
    if found["kind"] == "Task":
        return {**spec, "containers": spec["steps"]}
    return spec["template"]["spec"]
