"""A day's work with podman-py. What it prints is the same wherever DOCKER_HOST leads to that engine.

Given: NAME (what all is called), IMAGE and REGISTRY.
"""

import os
from podman import PodmanClient

name, image, registry = (os.environ[key] for key in ("NAME", "IMAGE", "REGISTRY"))
client = PodmanClient(base_url=os.environ["DOCKER_HOST"], timeout=120)


def step(title, call):
    try:
        value = call()
    # Its own faults too: what an answer makes it trip over is as it is at the engine.
    except Exception as error:
        value = f"! {type(error).__name__} {getattr(error, 'explanation', None) or error}"
    print(f"\n$ {title}\n{value}", flush=True)


def text(value):
    return b"".join(value) if hasattr(value, "__iter__") and not isinstance(value, bytes) else value


step("version", lambda: client.version()["Version"])
step("ping", client.ping)
step("image exists", lambda: client.images.exists(image))
step("image get", lambda: client.images.get(image).tags)
step("image history", lambda: len(list(client.images.get(image).history())))
step("run", lambda: text(client.containers.run(image, ["sh", "-c", "echo out"], remove=True)))
box = client.containers.create(image, ["sh", "-c", "echo up; sleep 300"], name=f"{name}-y", labels={"day": name})
step("start", box.start)
step("list", lambda: [one.name for one in client.containers.list(filters={"label": f"day={name}"})])
step("exists", lambda: client.containers.exists(f"{name}-y"))
step("exec", lambda: box.exec_run(["sh", "-c", "echo out; exit 5"]))
step("top", lambda: box.top()["Titles"])
step("logs", lambda: text(box.logs(stdout=True)))
step("diff", lambda: type(box.diff()).__name__)
step("pause", box.pause)
step("unpause", box.unpause)
step("rename", lambda: box.rename(f"{name}-z"))
step("stop", lambda: box.stop(timeout=0))
step("commit", lambda: type(box.commit(repository=name, tag="committed")).__name__)
step("remove", lambda: box.remove(force=True))
step("get what is gone", lambda: client.containers.get(f"{name}-z"))
app = f"{registry}/{name}/app"
step("tag", lambda: client.images.get(image).tag(app, "1"))
step("push", lambda: "error" in str(client.images.push(f"{app}:1")))
step("remove image", lambda: len(client.images.remove(f"{app}:1")))
step("pull", lambda: client.images.pull(app, tag="1").tags)
step("save", lambda: len(b"".join(client.images.get(f"{app}:1").save())) > 10_000)
step("remove pulled", lambda: len(client.images.remove(f"{app}:1")))
step("remove committed", lambda: len(client.images.remove(f"{name}:committed")))
step("pull what is not there", lambda: client.images.pull(f"{app}-none", tag="1"))
step("volume", lambda: client.volumes.create(f"{name}-v", labels={"day": name}).name)
step("volume removed", lambda: client.volumes.remove(f"{name}-v"))
step("network", lambda: client.networks.create(f"{name}-n").name)
step("network removed", lambda: client.networks.remove(f"{name}-n"))
step("pod", lambda: client.pods.create(f"{name}-p").name)
step("pods", lambda: [one.name for one in client.pods.list(filters={"name": f"{name}-p"})])
step("pod removed", lambda: client.pods.remove(f"{name}-p", force=True))
step("secret", lambda: client.secrets.create(f"{name}-s", b"hidden").name)
step("secret removed", lambda: client.secrets.remove(f"{name}-s"))
