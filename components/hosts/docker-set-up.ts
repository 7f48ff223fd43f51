import type { Host } from '#lib/contracts/hosts.ts'

interface Access {
  host: Pick<Host, 'id' | 'name'>
  token: string
  origin: string
  basePath: string
}

/** A name that an address would have to escape is not for every client to get through. */
const nameOf = ({ id, name }: Access['host']) => (/^[\w-][\w.-]*$/.test(name) ? name : id)

/**
 * Commands for a shell, after which `docker` speaks to this host. The header goes to every engine that a configuration
 * is used for, so that it is in a folder of its own.
 */
export function dockerSetUp({ host, token, origin, basePath }: Access): string {
  const { protocol, hostname, port } = new URL(origin)
  const isSecure = protocol === 'https:'
  const name = nameOf(host)
  const address = `tcp://${hostname}:${port || (isSecure ? 443 : 80)}${basePath}/h/${name}`
  return [
    'export DOCKER_CONFIG="$HOME/.docker-roadstead"',
    '(umask 077 && mkdir -p "$DOCKER_CONFIG" && cat > "$DOCKER_CONFIG/config.json") <<\'END\'',
    JSON.stringify({ HttpHeaders: { Authorization: `Bearer ${token}`, 'Roadstead-Host': name } }),
    'END',
    // The docker command wants the authorities in a file of its own, even those that every system knows.
    ...(isSecure
      ? [
          'cp /etc/ssl/certs/ca-certificates.crt "$DOCKER_CONFIG/ca.pem"',
          'export DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$DOCKER_CONFIG"',
        ]
      : []),
    `export DOCKER_HOST=${address} DOCKER_BUILDKIT=0`,
    'docker ps',
  ].join('\n')
}

/** Commands that make this host an engine's socket on the machine they are given on, which `docker` then speaks to. */
export function dockerForward({ host, token, origin, basePath }: Access): string {
  const at = `${origin}${basePath}/h`
  return [
    `curl -fsSO ${at}/docker-forward.mjs`,
    `ROADSTEAD_TOKEN=${token} node docker-forward.mjs ${at}/${nameOf(host)} /tmp/roadstead.sock &`,
    'unset DOCKER_BUILDKIT DOCKER_TLS_VERIFY',
    'export DOCKER_HOST=unix:///tmp/roadstead.sock',
    'docker build .',
  ].join('\n')
}
