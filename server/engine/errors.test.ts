import { describe, expect, it } from 'vitest'
import { engineError, type Subject } from './errors.ts'

const id = '508c71a70431062ddd2b2c7f75acd3fa04c309a782b083a1af4748ff95b72e49'
const improper = (message: string) => ({
  cause: 'container state improper',
  message: `${message}: container state improper`,
})

/** Said by Docker 20.10.24 (D20) and 28.5.2 (D28) and Podman 4.3.1 (P4) and 5.4.2 (P5) to the call named. */
const table: [string, Subject, number, object, string][] = [
  [
    'D20 D28 create',
    'container',
    409,
    {
      message: `Conflict. The container name "/a" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
    },
    'container_name_taken',
  ],
  [
    'D20 D28 rename',
    'container',
    409,
    {
      message: `Error when allocating new name: Conflict. The container name "/b" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
    },
    'container_name_taken',
  ],
  [
    'P4 P5 create',
    'container',
    500,
    {
      cause: 'that name is already in use',
      message: `container create: creating container storage: the container name "a" is already in use by ${id}. You have to remove that container to be able to reuse that name: that name is already in use`,
    },
    'container_name_taken',
  ],
  [
    'P4 rename',
    'container',
    409,
    {
      cause: 'container already exists',
      message: `renaming container ${id}: name b already in use, cannot rename container ${id}: container already exists`,
    },
    'container_name_taken',
  ],
  [
    'P5 rename',
    'container',
    500,
    {
      cause: 'UNIQUE constraint failed: ContainerConfig.Name',
      message: `renaming container ${id}: updating container config table with new configuration for container ${id}: UNIQUE constraint failed: ContainerConfig.Name`,
    },
    'container_name_taken',
  ],

  [
    'D20 kill stopped',
    'container',
    409,
    { message: `Cannot kill container: a: Container ${id} is not running` },
    'container_not_running',
  ],
  [
    'D28 kill stopped',
    'container',
    409,
    { message: `cannot kill container: a: container ${id} is not running` },
    'container_not_running',
  ],
  [
    'D20 D28 pause stopped',
    'container',
    409,
    { message: `Container ${id} is not running` },
    'container_not_running',
  ],
  [
    'P4 P5 kill stopped',
    'container',
    500,
    improper(`can only kill running containers. ${id} is in state exited`),
    'container_not_running',
  ],
  [
    'P4 P5 pause stopped',
    'container',
    500,
    improper(`"exited" is not running, can't pause`),
    'container_not_running',
  ],

  [
    'D20 remove running',
    'container',
    409,
    {
      message: `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove`,
    },
    'container_running',
  ],
  [
    'D28 remove running',
    'container',
    409,
    {
      message:
        'cannot remove container "a": container is running: stop the container before removing or force remove',
    },
    'container_running',
  ],
  [
    'P4 P5 remove running',
    'container',
    500,
    improper(
      `cannot remove container ${id} as it is running - running or paused containers cannot be removed without force`,
    ),
    'container_running',
  ],

  [
    'D20 remove paused',
    'container',
    409,
    {
      message: `You cannot remove a paused container ${id}. Unpause and then stop the container before attempting removal or force remove`,
    },
    'container_paused',
  ],
  [
    'D28 remove paused',
    'container',
    409,
    { message: 'cannot remove container "a": container is paused and must be unpaused first' },
    'container_paused',
  ],
  [
    'P4 P5 remove paused',
    'container',
    500,
    improper(
      `cannot remove container ${id} as it is paused - running or paused containers cannot be removed without force`,
    ),
    'container_paused',
  ],
  [
    'D20 D28 pause paused',
    'container',
    409,
    { message: `Container ${id} is already paused` },
    'container_paused',
  ],
  ['P4 P5 pause paused', 'container', 500, improper(`"${id}" is already paused`), 'container_paused'],
  [
    'D20 D28 start paused',
    'container',
    409,
    { message: 'cannot start a paused container, try unpause instead' },
    'container_paused',
  ],
  [
    'P4 P5 start paused',
    'container',
    500,
    improper(`container ${id} must be in Created or Stopped state to be started`),
    'container_paused',
  ],
  [
    'P4 P5 stop paused',
    'container',
    500,
    improper(`container ${id} is running or paused, refusing to clean up`),
    'container_paused',
  ],
  [
    'P4 P5 restart paused',
    'container',
    500,
    improper('unable to restart a container in a paused or unknown state'),
    'container_paused',
  ],

  [
    'D20 D28 unpause running',
    'container',
    500,
    { message: `Container ${id} is not paused` },
    'container_not_paused',
  ],
  [
    'P4 P5 unpause running',
    'container',
    500,
    improper(`"${id}" is not paused, can't unpause`),
    'container_not_paused',
  ],

  ['all, missing container', 'container', 404, { message: 'No such container: a' }, 'container_not_found'],
  [
    'P4 missing container',
    'container',
    404,
    { cause: 'no such container', message: 'no container with name or ID "a" found: no such container' },
    'container_not_found',
  ],
  [
    'P4 P5 missing image',
    'image',
    404,
    { cause: 'image not known', message: 'failed to find image a:1: docker.io/library/a:1: image not known' },
    'image_not_found',
  ],
  ['all, unknown route', 'engine', 404, { message: 'page not found' }, 'not_an_engine'],

  [
    'D20 D28 image of a container',
    'image',
    409,
    {
      message:
        'conflict: unable to remove repository reference "busybox:1.36" (must force) - container ad00b85ae9c9 is using its referenced image b045b85a9262',
    },
    'image_in_use',
  ],
  [
    'D20 D28 image of a running container',
    'image',
    409,
    {
      message:
        'conflict: unable to delete 2687048696dd (cannot be forced) - image is being used by running container 0dd22478afd5',
    },
    'image_in_use',
  ],
  [
    'P4 P5 image of a container',
    'image',
    409,
    {
      cause: 'image is in use by a container',
      message: `image busybox:1.36 is in use: image used by ${id}: image is in use by a container: consider listing external containers and force-removing image`,
    },
    'image_in_use',
  ],
  [
    'D20 D28 several tags',
    'image',
    409,
    {
      message:
        'conflict: unable to delete b045b85a9262 (must be forced) - image is referenced in multiple repositories',
    },
    'image_has_several_tags',
  ],
  [
    'P4 P5 several tags',
    'image',
    500,
    {
      message: `unable to delete image "${id}" by ID with more than one tag ([web:latest web:2.0]): please force removal`,
    },
    'image_has_several_tags',
  ],
  [
    'D20 bad repository',
    'image',
    500,
    { message: 'invalid reference format: repository name must be lowercase' },
    'reference_invalid',
  ],
  ['D20 D28 bad tag', 'image', 400, { message: 'invalid tag format' }, 'reference_invalid'],
  [
    'P4 P5 bad tag',
    'image',
    500,
    {
      cause: 'normalizing name for compat API: invalid reference format',
      message: 'normalizing image: normalizing name for compat API: invalid reference format',
    },
    'reference_invalid',
  ],

  [
    'P4 P5 missing program',
    'container',
    500,
    {
      cause: 'OCI runtime attempted to invoke a command that was not found',
      message:
        'runc: runc create failed: unable to start container process: exec: "/no/such": stat /no/such: no such file or directory: OCI runtime attempted to invoke a command that was not found',
    },
    'engine_error',
  ],
  [
    'P5 rename on a full disk',
    'container',
    500,
    {
      cause: 'database or disk is full',
      message: `renaming container ${id}: updating container config table with new configuration for container ${id}: database or disk is full`,
    },
    'engine_disk_full',
  ],
  [
    'P4 create over a quota',
    'container',
    500,
    {
      cause: 'disk quota exceeded',
      message: 'creating container storage: write /var/lib/x: disk quota exceeded',
    },
    'engine_disk_full',
  ],
  [
    'D20 D28 removal of a network that a container is in',
    'engine',
    403,
    { message: `error while removing network: network n id ${id} has active endpoints` },
    'conflict',
  ],
  ['D20 bad signal', 'container', 400, { message: 'Invalid signal: SIGNOPE' }, 'engine_error'],
  ['a conflict not known here', 'container', 409, { message: 'something else is going on' }, 'conflict'],
  ['a read-only proxy', 'container', 403, { message: 'forbidden' }, 'engine_rights_missing'],
  [
    'an authorisation plugin',
    'container',
    401,
    { message: 'authorization denied by plugin' },
    'engine_rights_missing',
  ],
]

describe('engineError', () => {
  it.each(table)('%s', (_name, subject, status, body, code) => {
    const error = engineError(status, JSON.stringify(body), subject)
    expect(error.code).toBe(code)
    expect(error.context.detail).toBe((body as { message: string }).message)
    expect(error.context.params).toEqual({ status })
  })

  it('reads plain text, which Go answers before the API does', () => {
    const error = engineError(400, 'Client sent an HTTP request to an HTTPS server.\n', 'engine')
    expect(error.code).toBe('tls_required')
    expect(error.context.detail).toBe('Client sent an HTTP request to an HTTPS server.')
  })

  it('says the status when the engine says nothing', () => {
    expect(engineError(500, '', 'container').context.detail).toBe('HTTP 500')
  })

  it.each(['null', '[]', '42', '{"message":{"a":1}}', '{"message":7}'])('survives the body %s', (body) => {
    expect(engineError(500, body, 'container').context.detail).toBe(body)
  })

  it('cuts a text without end', () => {
    const message = JSON.stringify({ message: 'x'.repeat(1_000_000) })
    expect(engineError(500, message, 'container').context.detail).toHaveLength(2000)
  })
})
