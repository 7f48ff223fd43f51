import {
  type Access,
  dockerForward,
  dockerSetUp,
  file,
  nameOf,
  socketPath,
  terraformFile,
} from './docker-set-up.ts'

/** What ops people reach an engine with, in the order in which the page has them. */
export const clients = [
  'docker',
  'compose',
  'buildx',
  'podman',
  'ansible',
  'prometheus',
  'terraform',
  'dockerode',
  'dockerPy',
  'testcontainers',
  'curl',
] as const
export type Client = (typeof clients)[number]

/** Those that an engine address with a certificate spares the program in between. */
export const takeAddress: ReadonlySet<Client> = new Set([
  'compose',
  'buildx',
  'podman',
  'ansible',
  'prometheus',
  'terraform',
  'testcontainers',
])

const socket = `unix://${socketPath}`

/**
 * Commands for a shell that bring a client to this host. Those that take an address with a path and a header get both; all
 * others get an engine's socket, from the program in between.
 */
const commands: Record<Client, (access: Access) => string> = {
  docker: (access) => dockerSetUp(access),
  compose: (access) => dockerSetUp(access, 'docker compose ps'),
  buildx: (access) => dockerForward(access, ['docker buildx build .']),
  podman: (access) => dockerForward(access, [`export CONTAINER_HOST=${socket}`, 'podman --remote ps']),
  ansible: (access) =>
    dockerForward(access, [
      `ansible localhost -m community.docker.docker_host_info -a 'docker_host=${socket} containers=true'`,
    ]),
  prometheus: (access) =>
    dockerForward(access, [
      ...file('prometheus.yml', [
        'scrape_configs:',
        '  - job_name: containers',
        '    docker_sd_configs:',
        `      - host: ${socket}`,
      ]),
      'prometheus --config.file=prometheus.yml',
    ]),
  terraform: (access) =>
    dockerForward(access, [...terraformFile(`host = "${socket}"`), 'terraform init && terraform plan']),
  dockerode: ({ host, token, origin, basePath }) => {
    const { protocol, hostname, port } = new URL(origin)
    const isSecure = protocol === 'https:'
    // It drops a path before the API's, but for one that stands in the version.
    const version = `${basePath}/h/${nameOf(host)}/v1.41`.slice(1)
    return [
      ...file('containers.mjs', [
        "import Docker from 'dockerode'",
        'delete process.env.DOCKER_HOST',
        'const docker = new Docker({',
        `  protocol: '${protocol.slice(0, -1)}', host: '${hostname}', port: ${port || (isSecure ? 443 : 80)},`,
        `  version: '${version}',`,
        '  headers: { Authorization: `Bearer ${process.env.ROADSTEAD_TOKEN}` },',
        '})',
        'for (const { Names } of await docker.listContainers()) console.log(...Names)',
      ]),
      `ROADSTEAD_TOKEN=${token} node containers.mjs`,
    ].join('\n')
  },
  dockerPy: (access) => {
    const { origin, basePath, host } = access
    const { protocol, port } = new URL(origin)
    const at = port === '' ? `${origin}:${protocol === 'https:' ? 443 : 80}` : origin
    // It takes the header from the settings of docker, and asks for /version without a path unless it is told one.
    return dockerSetUp(
      access,
      [
        ...file('containers.py', [
          'import docker',
          `client = docker.DockerClient(base_url="${at}${basePath}/h/${nameOf(host)}", version="1.41")`,
          'for container in client.containers.list():',
          '    print(container.name)',
        ]),
        'python3 containers.py',
      ].join('\n'),
    )
  },
  testcontainers: (access) =>
    dockerForward(access, [
      // Ports are published where the containers are.
      'export TESTCONTAINERS_HOST_OVERRIDE=ADDRESS_OF_THE_HOST',
      'npm test',
    ]),
  curl: ({ host, token, origin, basePath }) =>
    `curl -fsS -H 'Authorization: Bearer ${token}' ${origin}${basePath}/h/${nameOf(host)}/containers/json`,
}

/** @returns the commands for one client, with the token in them */
export const clientSetUp = (client: Client, access: Access): string => commands[client](access)
