#!/usr/bin/python3
"""cri.py SOCKET METHOD [JSON]: one call of the Kubernetes CRI (runtime.v1.RuntimeService), its answer as JSON.

Field names and numbers are those of k8s.io/cri-api, as far as the tests use them: no generated code, since Debian has neither that nor crictl.
Exit status 1 with the engine's message if the call fails.
"""
import json
import sys

import grpc

# message -> field -> (number, type); a type is another message, "string", "int" or "bytes". Lists of a field are repeated fields.
MESSAGES = {
    "RunPodSandboxRequest": {"config": (1, "PodSandboxConfig"), "runtime_handler": (2, "string")},
    "RunPodSandboxResponse": {"pod_sandbox_id": (1, "string")},
    "StopPodSandboxRequest": {"pod_sandbox_id": (1, "string")},
    "RemovePodSandboxRequest": {"pod_sandbox_id": (1, "string")},
    "PodSandboxStatusRequest": {"pod_sandbox_id": (1, "string")},
    "PodSandboxStatusResponse": {"status": (1, "PodSandboxStatus")},
    "PodSandboxStatus": {"id": (1, "string"), "state": (3, "int"), "network": (5, "PodSandboxNetworkStatus"), "runtime_handler": (9, "string")},
    "PodSandboxNetworkStatus": {"ip": (1, "string")},
    "PodSandboxConfig": {"metadata": (1, "PodSandboxMetadata"), "hostname": (2, "string"), "log_directory": (3, "string"),
                         "linux": (8, "LinuxPodSandboxConfig")},
    "PodSandboxMetadata": {"name": (1, "string"), "uid": (2, "string"), "namespace": (3, "string")},
    "LinuxPodSandboxConfig": {"cgroup_parent": (1, "string"), "security_context": (2, "LinuxSandboxSecurityContext")},
    "LinuxSandboxSecurityContext": {"namespace_options": (1, "NamespaceOption")},
    "NamespaceOption": {"network": (1, "int"), "pid": (2, "int"), "ipc": (3, "int")},
    "CreateContainerRequest": {"pod_sandbox_id": (1, "string"), "config": (2, "ContainerConfig"), "sandbox_config": (3, "PodSandboxConfig")},
    "CreateContainerResponse": {"container_id": (1, "string")},
    "ContainerConfig": {"metadata": (1, "ContainerMetadata"), "image": (2, "ImageSpec"), "command": (3, "string"), "args": (4, "string"),
                        "working_dir": (5, "string"), "envs": (6, "KeyValue"), "mounts": (7, "Mount"), "log_path": (11, "string"),
                        "linux": (15, "LinuxContainerConfig")},
    "ContainerMetadata": {"name": (1, "string")},
    "ImageSpec": {"image": (1, "string")},
    "KeyValue": {"key": (1, "string"), "value": (2, "string")},
    "Mount": {"container_path": (1, "string"), "host_path": (2, "string"), "readonly": (3, "int")},
    "LinuxContainerConfig": {"security_context": (2, "LinuxContainerSecurityContext")},
    "LinuxContainerSecurityContext": {"capabilities": (1, "Capability"), "namespace_options": (3, "NamespaceOption"),
                                      "run_as_user": (5, "Int64Value"), "readonly_rootfs": (7, "int"), "no_new_privs": (11, "int")},
    "Capability": {"add_capabilities": (1, "string"), "drop_capabilities": (2, "string")},
    "Int64Value": {"value": (1, "int")},
    "StartContainerRequest": {"container_id": (1, "string")},
    "StopContainerRequest": {"container_id": (1, "string"), "timeout": (2, "int")},
    "RemoveContainerRequest": {"container_id": (1, "string")},
    "ContainerStatusRequest": {"container_id": (1, "string")},
    "ContainerStatusResponse": {"status": (1, "ContainerStatus")},
    "ContainerStatus": {"id": (1, "string"), "state": (3, "int"), "exit_code": (7, "int"), "reason": (10, "string"), "message": (11, "string")},
    "ExecSyncRequest": {"container_id": (1, "string"), "cmd": (2, "string"), "timeout": (3, "int")},
    "ExecSyncResponse": {"stdout": (1, "bytes"), "stderr": (2, "bytes"), "exit_code": (3, "int")},
    "VersionRequest": {},
    "VersionResponse": {"runtime_name": (2, "string"), "runtime_version": (3, "string")},
}


def varint(number):
    out = bytearray()
    number &= (1 << 64) - 1
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def encode(message, values):
    out = b""
    for name, value in values.items():
        number, kind = MESSAGES[message][name]
        for one in value if isinstance(value, list) else [value]:
            if kind == "int":
                out += varint(number << 3) + varint(int(one))
                continue
            data = encode(kind, one) if kind in MESSAGES else one.encode()
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def read_varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return number, at


def decode(message, data):
    """Only what the table names; zero values, which protobuf leaves out, are absent."""
    fields = {number: (name, kind) for name, (number, kind) in MESSAGES.get(message, {}).items()}
    out, at = {}, 0
    while at < len(data):
        key, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        name, kind = fields.get(key >> 3, (None, None))
        if name is None:
            continue
        if kind in MESSAGES:
            value = decode(kind, value)
        elif kind != "int":
            value = value.decode()
        out[name] = value
    return out


def main():
    socket, method = sys.argv[1:3]
    request = encode(method + "Request", json.loads(sys.argv[3]) if len(sys.argv) > 3 else {})
    with grpc.insecure_channel("unix://" + socket) as channel:
        try:
            answer = channel.unary_unary("/runtime.v1.RuntimeService/" + method)(request, timeout=60)
        except grpc.RpcError as error:
            sys.exit(f"{error.code().name}: {error.details()}")
    print(json.dumps(decode(method + "Response", answer)))


main()
