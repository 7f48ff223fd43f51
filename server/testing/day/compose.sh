#!/bin/sh
# A day's work with docker-compose 1.29. What it prints is the same wherever DOCKER_HOST leads to that engine.
# Given: NAME (the project), IMAGE, REGISTRY, and an empty folder to work in.
set -u
cat >docker-compose.yml <<END
version: "3"
services:
  web:
    image: $IMAGE
    command: ["sh", "-c", "echo up; until [ -e /tmp/end ]; do sleep 0.2; done; echo down; exit 7"]
    volumes: ["data:/data"]
  job:
    image: $REGISTRY/$NAME/job:1
    build: .
    command: ["sh", "-c", "cat /built > /data/job; cat /data/job"]
    volumes: ["data:/data"]
    depends_on: ["web"]
volumes:
  data:
END
printf 'FROM %s\nRUN echo built > /built\n' "$IMAGE" >Dockerfile
export DOCKER_BUILDKIT=0

# Errors, which tell progress, in the order of the alphabet: several containers come at once.
step() {
  printf '\n$'; printf ' %s' "$@"; echo
  compose "$@" >out 2>err </dev/null
  code=$?
  cat out; sort err | sed 's/^/! /'; echo "= $code"
}
compose() { docker-compose --ansi never -p "$NAME" "$@"; }

step build --no-cache
step push job
step pull --quiet job
step up -d
step ps --services --filter status=running
compose logs --no-color -f web >follow 2>&1 & following=$!
step exec -T web sh -c 'cat /data/job; exit 3'
# Podman knows no links, which this asks for.
step run --rm web cat /data/job
step exec -T web touch /tmp/end
# Whether it says too that it exited, on Podman, is chance.
wait $following; echo "followed $?"; grep ' | ' follow
step restart -t 0 web
step ps -q nothing
step down -v -t 0
