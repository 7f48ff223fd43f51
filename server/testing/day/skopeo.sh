#!/bin/sh
# A day's work with skopeo. What it prints is the same wherever DOCKER_HOST leads to that engine.
# Given: SKOPEO (the command), DOCKER (a docker command, to look), NAME, IMAGE, and an empty folder to work in.
set -u

step() {
  printf '\n$'; printf ' %s' "$@"; echo
  "$@" >out 2>err
  code=$?
  cat out; sed -E 's/^/! /; s/^! time="[^"]*"/! /' err; echo "= $code"
}
skopeo() { "$SKOPEO" --insecure-policy "$@"; }

step skopeo inspect --daemon-host "$DOCKER_HOST" --format '{{.Architecture}} {{.Layers}}' "docker-daemon:$IMAGE"
step skopeo inspect --daemon-host "$DOCKER_HOST" --config --format '{{.Config.Cmd}}' "docker-daemon:$IMAGE"
step skopeo copy --src-daemon-host "$DOCKER_HOST" "docker-daemon:$IMAGE" "dir:$PWD/copied"
step skopeo copy --dest-daemon-host "$DOCKER_HOST" "dir:$PWD/copied" "docker-daemon:$NAME/app:1"
step skopeo copy --src-daemon-host "$DOCKER_HOST" "docker-daemon:$NAME/app:1" "docker-archive:$PWD/saved.tar:$NAME/app:1"
step skopeo copy --src-daemon-host "$DOCKER_HOST" "docker-daemon:$NAME/none:1" "dir:$PWD/none"
