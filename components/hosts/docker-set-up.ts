import type { Host } from '#lib/contracts/hosts.ts'

export interface Access {
  host: Pick<Host, 'id' | 'name'>
  token: string
  origin: string
  basePath: string
}

/** A name that an address would have to escape is not for every client to get through. */
export const nameOf = ({ id, name }: Access['host']) => (/^[\w-][\w.-]*$/.test(name) ? name : id)

/**
 * Commands for a shell, after which `docker` and what reads its settings speak to this host. The header goes to every engine that a configuration
 * is used for, so that it is in a folder of its own.
 */
export function dockerSetUp({ host, token, origin, basePath }: Access, last = 'docker ps'): string {
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
    last,
  ].join('\n')
}

/** A file that the commands write. */
export const file = (name: string, lines: readonly string[]) => [`cat > ${name} <<'END'`, ...lines, 'END']

/** Terraform's provider by its arguments. */
export const terraformFile = (...provider: string[]) =>
  file('main.tf', [
    'terraform {',
    '  required_providers {',
    '    docker = { source = "kreuzwerker/docker" }',
    '  }',
    '}',
    'provider "docker" {',
    ...provider.map((argument) => `  ${argument}`),
    '}',
  ])

/** Where the program in between listens, as the commands have it. */
export const socketPath = '/tmp/roadstead.sock'

/** Commands that make this host an engine's socket on the machine they are given on, and what `docker` then speaks to. */
export function dockerForward(
  { host, token, origin, basePath }: Access,
  last: readonly string[] = ['docker build .'],
): string {
  const at = `${origin}${basePath}/h`
  return [
    `curl -fsSO ${at}/docker-forward.mjs`,
    `rm -f ${socketPath}`,
    // A terminal or pipe that Node writes to does not block, for nobody who shares it, which Ansible refuses.
    `ROADSTEAD_TOKEN=${token} node docker-forward.mjs ${at}/${nameOf(host)} ${socketPath} >/dev/null &`,
    `until [ -S ${socketPath} ]; do sleep 0.1; done`,
    'unset DOCKER_BUILDKIT DOCKER_TLS_VERIFY',
    `export DOCKER_HOST=unix://${socketPath}`,
    ...last,
  ].join('\n')
}
