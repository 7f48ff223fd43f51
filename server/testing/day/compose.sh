#!/bin/sh
# A day's work with docker-compose. What it prints is the same wherever DOCKER_HOST leads to that engine.
# Given: COMPOSE (the command), NAME (the project), IMAGE, REGISTRY, and an empty folder to work in.
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
  # How long a folder's name is, what of an image the registry has already, and how far it is, is another each time.
  grep -v '^Sending build context' out; grep -v ' Pushing ' err | sort | sed 's/^/! /'; echo "= $code"
}
compose() { "$COMPOSE" --ansi never -p "$NAME" "$@"; }

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
# 2 follows what comes of a service later too, and ends when it looks at one that is gone.
wait $following; code=$?
case $(compose version --short) in
  1*) echo "followed $code"; grep ' | ' follow ;;
  *) grep ' | up' follow ;;
esac
step restart -t 0 web
step ps -q nothing
step down -v -t 0
