// Faults of the engines' own that a test of real engines meets now and then, and of which the next try knows nothing. In CI
// such a test has a second try for these and for nothing else (vitest.config.ts). To be listed, a fault has a text that only
// the engine writes, a cause that its makers name, and nothing that Roadstead or the test could do better.

export const engineFaults = [
  {
    name: 'runc cannot freeze a container while the machine is busy',
    text: /\bunable to freeze\b/,
    cause:
      'With cgroup v1 the kernel does not freeze a group in which processes come up; runc gives up after a thousand tries. A pause or a commit fails by it, on Docker and on Podman.',
    source:
      'https://github.com/opencontainers/runc/pull/2791, libcontainer/cgroups/fs/freezer.go of runc 1.1',
  },
  {
    name: 'Podman 4.3 loses the race with a container that ends',
    text: /\bsending SIG[A-Z]+ to container [0-9a-f]{12,64}: container state improper\b/,
    cause:
      'Podman lets go of its lock before it sends the signal; a container that has ended by itself until then is told as an error 500 of a stop, a restart or a removal.',
    source:
      'https://github.com/containers/podman/issues/16142, issues/16505; mended by pull/17126, after Podman 4.3',
  },
]

/** For Vitest's `retry.condition`, which takes one expression and tries it on what was thrown. */
export const anyEngineFault = new RegExp(engineFaults.map(({ text }) => `(?:${text.source})`).join('|'))

/** The one that a message tells of; undefined for a failure that is ours. */
export function engineFaultOf(message) {
  return engineFaults.find(({ text }) => text.test(message))
}
