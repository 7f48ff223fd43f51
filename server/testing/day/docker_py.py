"""A day's work with docker-py. What it prints is the same wherever DOCKER_HOST leads to that engine.

Given: NAME (what all is called), IMAGE and REGISTRY.
"""

import io, os, socket, tarfile, threading, time
import docker
from docker.types import Mount

name, image, registry = (os.environ[key] for key in ("NAME", "IMAGE", "REGISTRY"))
client = docker.DockerClient(base_url=os.environ["DOCKER_HOST"], timeout=120)


def step(title, value):
    print(f"\n$ {title}\n{value}", flush=True)


def refused(title, call):
    try:
        step(title, call())
    except docker.errors.DockerException as error:
        step(title, f"! {type(error).__name__} {error.explanation}")


def tar(path, data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo(path)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


step("version", client.version()["Version"])
step("ping", client.ping())
step("run", client.containers.run(image, ["sh", "-c", "echo out"], remove=True))

# One that goes on, with what it says followed meanwhile.
began = int(time.time())
script = "rm -f /tmp/end /tmp/go; for i in 1 2; do echo line $i; sleep 0.3; done; until [ -e /tmp/go ]; do sleep 0.1; done; echo line 3; while [ ! -e /tmp/end ]; do sleep 1; done; exit 7"
box = client.containers.run(image, ["sh", "-c", script], detach=True, name=f"{name}-p", labels={"day": name})
followed, attached, waited = [], [], []
threads = [
    threading.Thread(target=lambda: followed.extend(box.logs(stream=True, follow=True))),
    threading.Thread(target=lambda: attached.extend(box.attach(stream=True, logs=True))),
    threading.Thread(target=lambda: waited.append(box.wait()["StatusCode"])),
]
for thread in threads:
    thread.start()
# The last line comes when they look: Podman 4.3 attaches with the log so far, and what is said in that moment gets lost.
patience = time.time() + 20
while not (followed and attached) and time.time() < patience:
    time.sleep(0.1)
box.exec_run(["touch", "/tmp/go"])
step("ps", [(one.name, one.status) for one in client.containers.list(filters={"label": f"day={name}"})])
step("exec", box.exec_run(["sh", "-c", "echo out; echo err >&2; exit 5"], demux=True))
step("exec tty", box.exec_run(["sh", "-c", "tty; exit 6"], tty=True))
typed = client.api.exec_create(box.id, ["cat"], stdin=True)["Id"]
stream = client.api.exec_start(typed, socket=True)._sock
stream.sendall(b"typed")
stream.shutdown(socket.SHUT_WR)
echoed = b""
while chunk := stream.recv(4096):
    echoed += chunk
# A header of eight bytes, then what was typed.
step("exec with input", (echoed[8:], client.api.exec_inspect(typed)["ExitCode"]))
step("top", box.top(ps_args="-o pid,args")["Titles"])
step("stats once", sorted(box.stats(stream=False))[:3])
numbers = box.stats(stream=True, decode=True)
step("stats", [next(numbers)["name"].strip("/") for _ in range(2)])
numbers.close()
step("put", box.put_archive("/tmp", tar("up", b"x" * 1_000_000)))
chunks, told = box.get_archive("/tmp/up")
back = tarfile.open(fileobj=io.BytesIO(b"".join(chunks)))
step("get", (told["name"], told["size"], back.extractfile("up").read() == b"x" * 1_000_000))
refused("get what is not there", lambda: box.get_archive("/nowhere"))
box.rename(f"{name}-q")
box.exec_run(["touch", "/tmp/end"])
for thread in threads:
    thread.join(60)
step("wait", waited)
step("logs followed", b"".join(followed))
# Of frames that Podman's attach breaks in two it loses the middle.
step("attached", b"".join(attached).endswith(b"line 3\n"))
step("logs", box.logs(tail=2))
box.restart(timeout=0)
box.kill()
step("commit", client.images.get(box.commit(repository=name, tag="committed").id).tags)
box.remove(force=True)
refused("inspect what is gone", lambda: client.containers.get(f"{name}-q"))
happened = client.events(since=began, filters={"container": f"{name}-e"}, decode=True)
client.containers.run(image, ["true"], name=f"{name}-e", remove=True)
actions = []
for event in happened:
    actions.append(event["Action"])
    if event["Action"] in ("destroy", "remove"):
        break
happened.close()
# Podman's cleanup comes before or after the removal.
step("events", [action for action in actions if action != "cleanup"])

client.images.remove(f"{name}:committed", force=True)


def part(work):
    """What is refused in the middle of a part ends it, and none after it."""
    try:
        work()
    except docker.errors.DockerException as error:
        step(work.__name__, f"! {type(error).__name__} {getattr(error, 'explanation', None) or error}")


def images():
    """Build, tag, push, pull, save, load."""
    app = f"{registry}/{name}/app"
    dockerfile = f"FROM {image}\nRUN echo built > /built\nLABEL day={name}\n".encode()
    try:
        built, _ = client.images.build(fileobj=io.BytesIO(dockerfile), tag=f"{app}:1", nocache=True, rm=True)
        step("build", built.tags)
    except docker.errors.DockerException as error:
        step("build", f"! {type(error).__name__} {error.explanation}")
        # Who may not build goes on with another.
        client.images.get(image).tag(app, "1")
        built = client.images.get(f"{app}:1")
    step("history", len(built.history()))
    step("run what is built", client.containers.run(f"{app}:1", ["cat", "/built"], remove=True))
    step("tag", built.tag(name, "tagged"))
    pushed = list(client.images.push(app, tag="1", stream=True, decode=True))
    step("push", [line["error"] for line in pushed if "error" in line] or any("aux" in line for line in pushed))
    client.images.remove(f"{name}:tagged")
    client.images.remove(f"{app}:1", force=True)
    step("pull", client.images.pull(app, tag="1").tags)
    saved = b"".join(client.images.get(f"{app}:1").save(named=True))
    client.images.remove(f"{app}:1", force=True)
    step("load", [one.tags for one in client.images.load(saved)])
    step("images", [one.tags for one in client.images.list(app)])
    refused("pull what is not there", lambda: client.images.pull(f"{app}-none", tag="1"))
    client.images.remove(f"{app}:1", force=True)


def volumes_and_networks():
    volume = client.volumes.create(f"{name}-v", labels={"day": name})
    network = client.networks.create(f"{name}-n")
    mounts = [Mount("/v", volume.name, type="volume")]
    step("volume and network", client.containers.run(
        image, ["sh", "-c", "echo kept > /v/file; cat /v/file"], mounts=mounts, network=network.name, remove=True
    ))
    network.remove()
    volume.remove()
    step("left", [client.volumes.list(filters={"name": name}), client.networks.list(names=[f"{name}-n"])])


part(images)
part(volumes_and_networks)
