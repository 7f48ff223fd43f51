#!/bin/sh
# A day's work with curl: statuses, headers that clients read, and bodies. What it prints is the same at the engine and at the gateway.
# Given: CURL (a file of curl's settings: a socket, or a token), BASE (an address), NAME, IMAGE, and an empty folder to work in.
set -u

# A date is of the moment, how a body is cut into chunks is the connection's, and caches are the gateway's to forbid.
read='^(http/|content-type|api-version|libpod-api-version|ostype|docker-experimental|server|location|warning|x-docker-container-path-stat)'
ask() {
  printf '\n$ %s %s\n' "$1" "$2"
  method=$1 path=$2; shift 2
  [ "$method" != HEAD ] || set -- -I "$@"
  curl -sS -K "$CURL" -X "$method" -D heads -o body "$@" "$BASE$path" 2>&1
  echo "= $?"
  # With -I the head is the body too.
  tr -d '\r' <heads | tr 'A-Z' 'a-z' | grep -E "$read" | sort
  [ "$method" = HEAD ] || [ ! -f body ] || cat body
  rm -f body heads; echo
}
json='Content-Type: application/json'

ask GET /_ping
ask HEAD /_ping
ask GET /v1.41/_ping
ask GET /v1.41/images/zz-none/json
ask GET /v1.41/containers/zz-none/json
ask POST '/v1.41/containers/zz-none/start'
ask POST "/v1.41/containers/create?name=$NAME-c" -H "$json" \
  -d "{\"Image\":\"$IMAGE\",\"Cmd\":[\"sh\",\"-c\",\"echo out; echo err >&2; exit 3\"],\"Tty\":false}"
ask POST "/v1.41/containers/create?name=$NAME-c" -H "$json" -d "{\"Image\":\"$IMAGE\"}"
ask POST "/v1.41/containers/create?name=$NAME-d" -H "$json" -d '{"Image":'
ask POST "/v1.41/containers/$NAME-c/start"
ask POST "/v1.41/containers/$NAME-c/wait"
ask GET "/v1.41/containers/$NAME-c/logs?stdout=1"
ask GET "/v1.41/containers/$NAME-c/logs"
ask HEAD "/v1.41/containers/$NAME-c/archive?path=/nowhere"
ask POST "/v1.41/containers/$NAME-c/rename?name=$NAME-e"
ask DELETE "/v1.41/containers/$NAME-e?v=1"
ask DELETE "/v1.41/containers/$NAME-e"
ask GET '/v1.41/networks/zz-none'
ask GET '/v1.41/volumes/zz-none'
ask DELETE '/v1.41/volumes/zz-none'
