import type { EngineAddress, MadeCertificate } from '#lib/contracts/engine-addresses.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { nameOf, terraformFile } from './docker-set-up.ts'

/** What a certificate consists of, as PEM. */
export type Pems = Pick<MadeCertificate, 'authority' | 'certificate' | 'key'>

/** As a URL has it. */
export const authorityOf = ({ hostname, port }: Pick<EngineAddress, 'hostname' | 'port'>) =>
  `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`

type Named = Pick<Host, 'id' | 'name'>

const folderOf = (host: Named) => `$HOME/.docker-${nameOf(host)}`
/** Called as what a browser keeps it under. */
export const archiveOf = (host: Named) => `${nameOf(host)}-certificate.tar`

/** Clients that take an address of an engine's own, in the order in which the page has them; `shell` makes the files, too. */
export const addressClients = [
  'docker',
  'ansible',
  'prometheus',
  'terraform',
  'testcontainers',
  'shell',
] as const
export type AddressClient = (typeof addressClients)[number]

/** Puts what was downloaded where the commands below look for it. */
export const unpackSetUp = (host: Named): string =>
  [`mkdir -p -m 700 "${folderOf(host)}"`, `tar -xf ${archiveOf(host)} -C "${folderOf(host)}"`].join('\n')

/** What docker, compose, buildx, Ansible's modules and Testcontainers read alike: the folder has to have the three files. */
const environment = (host: Named, address: EngineAddress, last: readonly string[]): string =>
  [
    `export DOCKER_CERT_PATH="${folderOf(host)}"`,
    `export DOCKER_TLS_VERIFY=1 DOCKER_HOST=tcp://${authorityOf(address)}`,
    ...last,
  ].join('\n')

/** Commands or settings for one client. @param pems for `shell` alone */
export function addressSetUp(client: AddressClient, host: Named, address: EngineAddress, pems: Pems): string {
  if (client === 'docker') return environment(host, address, ['docker ps'])
  if (client === 'ansible')
    return environment(host, address, [
      "ansible localhost -m community.docker.docker_host_info -a 'containers=true'",
    ])
  // Ports are published where the containers are.
  if (client === 'testcontainers')
    return environment(host, address, ['export TESTCONTAINERS_HOST_OVERRIDE=ADDRESS_OF_THE_HOST', 'npm test'])
  if (client === 'terraform')
    return [
      ...terraformFile(
        `host = "tcp://${authorityOf(address)}"`,
        `cert_path = pathexpand("${folderOf(host).replace('$HOME', '~')}")`,
      ),
      'terraform init && terraform plan',
    ].join('\n')
  if (client === 'prometheus') return prometheusSetUp(address, '/etc/prometheus/roadstead')
  return certificateSetUp(host, address, pems)
}

/** Commands for a shell, after which `docker`, compose, buildx and what reads their settings speak to this host. */
export function certificateSetUp(
  host: Named,
  address: EngineAddress,
  { authority, certificate, key }: Pems,
  last = 'docker ps',
): string {
  const file = (name: string, pem: string) => [
    `(umask 077 && cat > "$DOCKER_CERT_PATH/${name}") <<'END'`,
    pem.trim(),
    'END',
  ]
  return [
    `export DOCKER_CERT_PATH="${folderOf(host)}"`,
    'mkdir -p "$DOCKER_CERT_PATH"',
    ...file('ca.pem', authority),
    ...file('cert.pem', certificate),
    ...file('key.pem', key),
    `export DOCKER_TLS_VERIFY=1 DOCKER_HOST=tcp://${authorityOf(address)}`,
    last,
  ].join('\n')
}

/** What Prometheus is told, beside the files that `certificateSetUp` wrote. @param folder where these are */
export const prometheusSetUp = (address: EngineAddress, folder: string): string =>
  [
    'scrape_configs:',
    '  - job_name: containers',
    '    docker_sd_configs:',
    `      - host: https://${authorityOf(address)}`,
    '        tls_config:',
    `          ca_file: ${folder}/ca.pem`,
    `          cert_file: ${folder}/cert.pem`,
    `          key_file: ${folder}/key.pem`,
  ].join('\n')
