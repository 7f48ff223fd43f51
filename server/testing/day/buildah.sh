#!/bin/sh
# A day's work with buildah, which builds in storage of its own and takes images from an engine and brings them there. It
# knows one address of an engine only, /run/docker.sock: so DOCKER_HOST, a socket, is put there for it alone.
# Given: BUILDAH (the command), NAME, IMAGE, and an empty folder to work in.
set -u

step() {
  printf '\n$'; printf ' %s' "$@"; echo
  "$@" >out 2>err
  code=$?
  cat out; sed 's/^/! /' err; echo "= $code"
}
buildah() {
  SOCKET=${DOCKER_HOST#unix://} unshare --mount sh -c \
    'mount -t tmpfs none /run && ln -s "$SOCKET" /run/docker.sock && exec "$@"' sh \
    "$BUILDAH" --root "$PWD/store" --runroot "$PWD/run" --storage-driver vfs "$@"
}

step buildah pull -q "docker-daemon:$IMAGE"
step buildah from --pull-never --name work "$IMAGE"
echo built >built
step buildah copy -q work built /built
step buildah commit -q work "$NAME/app:1"
step buildah push -q "$NAME/app:1" "docker-daemon:$NAME/app:1"
step buildah rmi -f "$NAME/app:1"
step buildah pull -q "docker-daemon:$NAME/app:1"
step buildah pull -q "docker-daemon:$NAME/none:1"
