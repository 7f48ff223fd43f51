#!/bin/sh
# A day's work with buildx. What it prints is the same wherever DOCKER_HOST leads to that engine.
# Given: DOCKER (a docker command with buildx), NAME, IMAGE, REGISTRY, and an empty folder to work in.
set -u

step() {
  printf '\n$'; printf ' %s' "$@"; echo
  "$@" >out 2>err
  code=$?
  cat out; sed 's/^/! /' err; echo "= $code"
}
docker() { "$DOCKER" "$@"; }
# What BuildKit tells of its progress has times in it, and comes in any order.
build() { docker buildx build "$@" 2>told; code=$?; [ $code = 0 ] || grep -i error told | tail -n 1; return $code; }

echo secret >secret
mkdir context && head -c 3000000 /dev/urandom >context/big && echo small >context/small
cat >context/Dockerfile <<FILE
FROM $IMAGE AS made
COPY small /small
RUN --mount=type=secret,id=s wc -c < /run/secrets/s > /seen
LABEL day=$NAME
FROM $IMAGE
COPY --from=made /seen /small /
COPY big /big
FILE
step docker buildx ls --format '{{.Name}} {{.DriverEndpoint}}'
step build --no-cache --secret id=s,src=secret -t "$NAME/built:1" context
step docker run --rm "$NAME/built:1" sh -c 'cat /seen /small; wc -c < /big'
step build --no-cache --target made --secret id=s,src=secret --output "type=local,dest=$PWD/local" context
step cat local/small
step build --build-arg none=1 -f no-such-file context
step docker rmi -f "$NAME/built:1"
