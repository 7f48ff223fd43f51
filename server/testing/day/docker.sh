#!/bin/sh
# A day's work with the docker command. What it prints is the same wherever DOCKER_HOST leads to that engine.
# Given: DOCKER (the command), NAME (what all is called), IMAGE, REGISTRY, and an empty folder to work in.
set -u
cd "$(dirname "$0")" && terminal=$PWD/on_terminal.py && cd "$OLDPWD" || exit 1

# Output and errors apart, since their order is nobody's promise.
step() {
  printf '\n$'; printf ' %s' "$@"; echo
  "$@" >out 2>err
  code=$?
  cat out; sed 's/^/! /' err; echo "= $code"
}
docker() { "$DOCKER" "$@"; }
on_terminal() { mark=$1 line=$2; shift 2; python3 "$terminal" "$mark" "$line" "$DOCKER" "$@"; }

step docker version --format '{{.Server.Version}} {{.Server.APIVersion}}'

# run, with what goes in and out, and its code
step docker run --rm --name "$NAME-r" "$IMAGE" sh -c 'echo out; echo err >&2; exit 3'
feed() { yes | head -c 200000 | docker run --rm -i "$IMAGE" sh -c 'wc -c; echo done'; }
step feed
step docker run --rm "$IMAGE" no-such-command
# The size of the window is told after the start: both are waited for.
ready='until [ "$(stty size 2>/dev/null)" = "31 97" ]; do sleep 0.1; done; echo ready; read x; echo "got $x"; exit 5'
step on_terminal ready typed run -it --rm "$IMAGE" sh -c "$ready"

# One that goes on, and seldom forks: runc fails to freeze what does, which Podman wants for a cp. ps, exec, logs, stats, wait, attach
began=$(date +%s)
step docker run -d --name "$NAME-a" --label "day=$NAME" "$IMAGE" sh -c \
  'rm -f /tmp/end; for i in 1 2 3 4 5; do echo line $i; sleep 0.3; done; echo last >&2; while [ ! -e /tmp/end ]; do sleep 1; done; exit 7'
step docker ps --no-trunc --filter "label=day=$NAME" --format '{{.ID}} {{.Names}} {{.Image}} {{.Command}} {{.Labels}}'
processes() { docker top "$NAME-a" -o pid,args | head -n 2 | sed -E 's/^ *[0-9]+ +//'; }
step processes
exec_in() { echo typed | docker exec -i "$NAME-a" sh -c 'cat; echo err >&2; exit 4'; }
step exec_in
step on_terminal ready again exec -it "$NAME-a" sh -c "$ready"
step docker exec -d "$NAME-a" touch /tmp/detached
"$DOCKER" logs -f "$NAME-a" >follow 2>follow-err & following=$!
"$DOCKER" wait "$NAME-a" >wait 2>&1 & waiting=$!
"$DOCKER" attach --no-stdin "$NAME-a" >attach 2>&1 & attached=$!
# Under load 20.10 now and then waits for ever, also at its engine's socket. Of Podman's names it takes a letter off.
stats() { until timeout 15 "$DOCKER" stats "$@" --format '{{.Name}}' "$NAME-a" | grep -q "${NAME#?}-a"; do :; done; }
step stats --no-stream
# This one goes on until nobody reads.
step stats
step docker rename "$NAME-a" "$NAME-b"
step docker update --memory 64m --memory-swap 64m "$NAME-b"
step docker diff "$NAME-b"

# cp both ways, a file, a folder and a stream
mkdir folder && head -c 3000000 /dev/urandom >folder/big && echo small >folder/small
step docker cp folder "$NAME-b:/tmp/there"
step docker cp "$NAME-b:/tmp/there" back
step diff -r folder back
stream() { tar -cf - folder | docker cp - "$NAME-b:/www" && docker cp "$NAME-b:/www" - | tar -tf - | sort; }
step stream
step docker cp "$NAME-b:/nowhere" -

docker exec "$NAME-b" touch /tmp/end
wait $waiting; echo "waited $?: $(cat wait)"
wait $following; echo "followed $?"; cat follow follow-err
# What was said before it looked is no longer told.
wait $attached; echo "attached $?"
step docker logs --tail 2 "$NAME-b"
step docker start "$NAME-b"
step docker restart -t 0 "$NAME-b"
step docker kill "$NAME-b"
step docker commit -m day "$NAME-b" "$NAME:committed"
step docker rm "$NAME-b"
step docker rm "$NAME-b"
step docker inspect "$NAME-b"
"$DOCKER" events --since "$began" --filter "container=$NAME-e" --format '{{.Type}} {{.Action}}' >happened & following=$!
docker run --rm --name "$NAME-e" "$IMAGE" true
until grep -q -e destroy -e remove happened; do sleep 0.1; done
kill $following; cat happened

# images: build, tag, push, pull, save, load
printf 'FROM %s\nCOPY folder /copied\nRUN cat /copied/small > /built\nLABEL day=%s\n' "$IMAGE" "$NAME" >Dockerfile
echo '*' >.dockerignore; echo '!folder' >>.dockerignore
export DOCKER_BUILDKIT=0
app="$REGISTRY/$NAME/app:1"
step docker build --no-cache -t "$app" .
# Who may not build goes on with another.
docker image inspect "$app" >/dev/null 2>&1 || docker tag "$IMAGE" "$app"
step docker run --rm "$app" cat /built
step docker history --format '{{.CreatedBy}}' "$app"
step docker tag "$app" "$NAME:tagged"
last() { "$@" | tail -n 1; }
step last docker push "$app"
step docker rmi "$app" "$NAME:tagged"
step last docker pull "$app"
step docker save -o saved.tar "$app"
step docker rmi "$app"
step docker load -i saved.tar
through() { docker save "$app" | docker load -q; }
step through
step docker images --no-trunc --format '{{.Repository}} {{.ID}} {{.Size}}' --filter "reference=$REGISTRY/$NAME/*"
step docker pull "$REGISTRY/$NAME/none:1"
step docker rmi "$app" "$NAME:committed"

# volumes and networks
step docker volume create --label "day=$NAME" "$NAME-v"
step docker run --rm -v "$NAME-v:/v" "$IMAGE" sh -c 'echo kept > /v/file'
step docker run --rm -v "$NAME-v:/v:ro" "$IMAGE" sh -c 'cat /v/file; touch /v/other'
step docker volume ls -q --filter "label=day=$NAME"
step docker volume rm "$NAME-v"
step docker network create "$NAME-n"
step docker run -d --name "$NAME-s" --network "$NAME-n" "$IMAGE"
step docker network inspect --format '{{.Name}} {{.Driver}} {{len .Containers}}' "$NAME-n"
step docker rm -f "$NAME-s"
step docker network rm "$NAME-n"
