#!/bin/sh
# A day's work with podman as a remote client. What it prints is the same wherever DOCKER_HOST leads to that engine.
# Given: PODMAN (the command), NAME (what all is called), IMAGE, REGISTRY, and an empty folder to work in.
set -u
cd "$(dirname "$0")" && terminal=$PWD/on_terminal.py && cd "$OLDPWD" || exit 1

# Output and errors apart, since their order is nobody's promise.
step() {
  printf '\n$'; printf ' %s' "$@"; echo
  "$@" >out 2>err
  code=$?
  cat out; sed 's/^/! /' err; echo "= $code"
}
podman() { "$PODMAN" --remote --url "$DOCKER_HOST" "$@"; }
on_terminal() { mark=$1 line=$2; shift 2; python3 "$terminal" "$mark" "$line" "$PODMAN" --remote --url "$DOCKER_HOST" "$@"; }

step podman version --format '{{.Server.Version}} {{.Server.APIVersion}}'
step podman info --format '{{.Host.OCIRuntime.Name}} {{.Store.GraphDriverName}}'

# run, with what goes in and out, and its code
step podman run --rm --name "$NAME-r" "$IMAGE" sh -c 'echo out; echo err >&2; exit 3'
feed() { yes | head -c 200000 | podman run --rm -i "$IMAGE" sh -c 'wc -c; echo done'; }
step feed
step podman run --rm "$IMAGE" no-such-command
step on_terminal ready typed run -it --rm "$IMAGE" sh -c 'echo ready; read x; echo "got $x"; exit 5'

# One that goes on, and seldom forks: runc fails to freeze what does, which Podman wants for a cp.
began=$(date +%s)
step podman run -d --name "$NAME-a" --label "day=$NAME" "$IMAGE" sh -c \
  'rm -f /tmp/end; for i in 1 2 3; do echo line $i; sleep 0.3; done; echo last >&2; while [ ! -e /tmp/end ]; do sleep 1; done; exit 7'
step podman ps --no-trunc --filter "label=day=$NAME" --format '{{.ID}} {{.Names}} {{.Image}} {{.Labels}}'
step podman container exists "$NAME-a"
step podman container exists "$NAME-none"
step podman inspect "$NAME-a" --format '{{.Name}} {{.State.Status}} {{.Config.Labels.day}}'
processes() { podman top "$NAME-a" pid args | head -n 2; }
step processes
exec_in() { echo typed | podman exec -i "$NAME-a" sh -c 'cat; echo err >&2; exit 4'; }
step exec_in
step on_terminal ready again exec -it "$NAME-a" sh -c 'echo ready; read x; echo "got $x"; exit 6'
"$PODMAN" --remote --url "$DOCKER_HOST" logs -f "$NAME-a" >follow 2>follow-err & following=$!
"$PODMAN" --remote --url "$DOCKER_HOST" wait "$NAME-a" >wait 2>&1 & waiting=$!
step podman stats --no-stream --format '{{.Name}}' "$NAME-a"
step podman rename "$NAME-a" "$NAME-b"
step podman diff "$NAME-b"
step podman port "$NAME-b"

# cp both ways, a file and a folder
mkdir folder && head -c 3000000 /dev/urandom >folder/big && echo small >folder/small
step podman cp folder "$NAME-b:/tmp/there"
step podman cp "$NAME-b:/tmp/there" back
step diff -r folder back
step podman cp "$NAME-b:/nowhere" gone

podman exec "$NAME-b" touch /tmp/end
wait $waiting; echo "waited $?: $(cat wait)"
wait $following; echo "followed $?"; cat follow follow-err
step podman logs --tail 2 "$NAME-b"
step podman start "$NAME-b"
step podman pause "$NAME-b"
step podman unpause "$NAME-b"
step podman restart -t 0 "$NAME-b"
step podman kill "$NAME-b"
step podman commit -q "$NAME-b" "$NAME:committed"
exported() { podman export "$NAME-b" | tar -tf - | grep -c .; }
step exported
step podman rm -f -t 0 "$NAME-b"
step podman rm "$NAME-b"
step podman inspect "$NAME-b"

# images: names with a slash, build, tag, push, pull, save, load
app="$REGISTRY/$NAME/app:1"
printf 'FROM %s\nCOPY folder /copied\nRUN cat /copied/small > /built\nLABEL day=%s\n' "$IMAGE" "$NAME" >Containerfile
step podman image exists "$IMAGE"
step podman image exists "$NAME/none:1"
step podman image inspect "$IMAGE" --format '{{.Id}} {{.Config.Cmd}}'
# Who works beside this gives it names too.
layers() { podman image tree "$IMAGE" | grep -c 'ID: '; }
step layers
step podman tag "$IMAGE" "$app"
step podman history --format '{{.CreatedBy}}' "$app"
step podman push -q "$app"
step podman untag "$app" "$app"
step podman pull -q "$app"
step podman save -q -o saved.tar "$app"
step podman rmi "$app"
step podman load -q -i saved.tar
# 5.4 tells of every name of the image that one of them is of.
listed() { podman images --no-trunc --format '{{.Repository}} {{.ID}}' --filter "reference=$REGISTRY/$NAME/app" | grep "$NAME"; }
step listed
step podman pull -q "$REGISTRY/$NAME/none:1"
step podman rmi "$app"
step podman rmi "$NAME:committed"
build() { podman build -q --no-cache -t "$NAME/built:1" -f Containerfile . && podman run --rm "$NAME/built:1" cat /built && podman rmi "$NAME/built:1" | head -n 1; }
step build

# volumes, networks, pods, secrets, manifest lists
step podman volume create --label "day=$NAME" "$NAME-v"
step podman volume exists "$NAME-v"
step podman volume ls -q --filter "label=day=$NAME"
step podman run --rm -v "$NAME-v:/v" "$IMAGE" sh -c 'echo kept > /v/file; cat /v/file'
step podman volume rm "$NAME-v"
step podman network create "$NAME-n"
step podman network exists "$NAME-n"
step podman run --rm --network "$NAME-n" "$IMAGE" echo connected
step podman network rm "$NAME-n"
step podman pod create --name "$NAME-p"
step podman pod ps --filter "name=$NAME-p" --format '{{.Name}} {{.Status}}'
step podman pod rm -f "$NAME-p"
echo hidden >secret
step podman secret create "$NAME-s" secret
step podman secret ls --filter "name=$NAME-s" --format '{{.Name}}'
step podman secret rm "$NAME-s"
step podman manifest create "$NAME/list:1"
step podman manifest inspect "$NAME/list:1"
step podman manifest rm "$NAME/list:1"
# A line for each of them, in files that come a moment later.
happened() { podman events --stream=false --since "$began" --filter "container=$NAME-b" --filter event=died --format '{{.Status}}' | sort -u; }
step happened
