import type { Permission } from './permissions.ts'

/** Which containers a removal takes besides what it names; `any` where only the engine knows. */
export type Taking = 'ofImage' | 'ofNetwork' | 'ofVolume' | 'ofPod' | 'ended' | 'any'

/** One thing that can be done at an engine, whichever door it is asked for by. */
export interface Act {
  /** All of them, for the container or host that is named. The first is what the audit log calls it. */
  needs: readonly [Permission, ...Permission[]]
  /** Besides, for the host with all that is on it: a denial of one of its containers counts. */
  hostWide?: readonly Permission[]
  /**
   * The dashboard writes the engine's document itself. At the gateway it is the client's own that goes there, or a
   * parameter that nothing reads, which is what gateway.raw is for.
   */
  unread?: true
  /** Containers go that it does not name: the audit log does. */
  taking?: Taking
  /** Who may do it is root on the host: by which permissions, and how. */
  root?: { by: readonly Permission[]; why: string }
}

const named =
  'Whatever is run under that name is theirs from then on, also what others run with power over the host'

/**
 * Every act at an engine with what it needs. Routes, steps of tasks, sockets and the gateway's rows name an act and spell
 * no permission of their own, so that both doors ask the same.
 */
export const acts = {
  'host.view': { needs: ['hosts.view'] },
  // They tell every exec's command line, which is as much as `top` does.
  'host.events': { needs: ['containers.top'] },
  'host.prune': { needs: ['containers.prune'], unread: true, taking: 'ended' },
  /** What no other act is: any document of a client's, swarm, plugins and secrets of the engine. */
  'engine.raw': {
    needs: ['gateway.raw'],
    unread: true,
    root: {
      by: ['gateway.raw'],
      why: 'What a client sends goes to the engine unread, and an engine is root',
    },
  },
  // A secret's value, which Podman tells with `showsecret`.
  'engine.reveal': { needs: ['gateway.raw', 'containers.reveal'], unread: true },
  // It repairs what the storage holds, and by force takes what it cannot repair.
  'engine.check': { needs: ['gateway.raw'], unread: true, taking: 'any' },

  'container.view': { needs: ['containers.view'] },
  'container.reveal': { needs: ['containers.reveal'] },
  'container.logs': { needs: ['containers.logs'] },
  'container.stats': { needs: ['containers.stats'] },
  'container.processes': { needs: ['containers.top'] },
  'container.changes': { needs: ['containers.changes'] },
  'container.export': { needs: ['containers.export'] },
  'container.files.read': { needs: ['containers.files.read'] },
  'container.files.write': { needs: ['containers.files.write'] },
  'container.start': { needs: ['containers.start'] },
  'container.stop': { needs: ['containers.stop'] },
  'container.restart': { needs: ['containers.restart'] },
  'container.pause': { needs: ['containers.pause'] },
  'container.kill': { needs: ['containers.kill'] },
  'container.rename': { needs: ['containers.rename'] },
  'container.remove': { needs: ['containers.remove'] },
  // By an alias, an engine finds the container that is linked, which is another one: without `link` that is removed.
  'container.unlink': { needs: ['containers.remove'], unread: true, taking: 'any' },
  'container.update': { needs: ['containers.update'] },
  'container.attach': { needs: ['containers.attach'] },
  'container.exec': { needs: ['containers.exec'] },
  // A command of the image's own, which nobody has looked at.
  'container.healthcheck': { needs: ['containers.exec'], unread: true },
  'container.execRemove': { needs: ['containers.exec'], unread: true },
  // A name that leads elsewhere is image.rename; instructions of a client's are for gateway.raw.
  'container.commit': { needs: ['containers.commit'] },
  'container.create': { needs: ['containers.create'] },
  'container.spec': { needs: ['containers.create', 'containers.reveal'] },
  'container.recreate': { needs: ['containers.create', 'containers.stop', 'containers.remove'] },
  // The gateway's takes all that have ended: a denial of one of them counts. The dashboard's is asked for each that it names.
  'container.prune': { needs: ['containers.prune'], taking: 'ended' },
  /** Make, or work in, a container that server/create-policy refuses. */
  'container.power': {
    needs: ['containers.unrestricted'],
    root: {
      by: ['containers.unrestricted'],
      why: 'Containers with power over their host are made and entered: folders, devices, privileges of it',
    },
  },

  'pod.view': { needs: ['pods.view'] },
  'pod.create': { needs: ['containers.create'], unread: true },
  'pod.remove': { needs: ['containers.remove'], taking: 'ofPod' },
  'pod.prune': { needs: ['containers.prune'], hostWide: ['containers.remove'], taking: 'ended' },
  // Every environment of a pod stands in them.
  'kube.generate': { needs: ['containers.reveal'], unread: true },
  'kube.play': { needs: ['containers.create'], unread: true },
  'kube.down': { needs: ['containers.remove'], unread: true, taking: 'any' },

  'image.view': { needs: ['images.view'] },
  'image.search': { needs: ['images.pull'] },
  // What comes is that registry's, under the registry's own name: moving such a name is what a pull is for.
  'image.pull': { needs: ['images.pull'] },
  'image.push': { needs: ['images.push'] },
  'image.save': { needs: ['images.save'] },
  'image.prune': { needs: ['images.prune'] },
  'image.tag': { needs: ['images.tag'], root: { by: ['images.tag'], why: named } },
  /** Whatever gives an image a name that leads to another one: commits, builds, loads, imports, copies. */
  'image.rename': { needs: ['images.tag'], root: { by: ['images.tag'], why: named } },
  'image.load': { needs: ['images.load'] },
  // The names in an archive that a client streams are known only when it is loaded.
  'image.loadUnread': {
    needs: ['images.load', 'images.tag'],
    root: { by: ['images.tag'], why: named },
  },
  'image.remove': { needs: ['images.remove'] },
  // Podman removes the containers of the image, running ones and those that nobody here sees; Docker only untags.
  'image.removeForced': { needs: ['images.remove'], hostWide: ['containers.remove'], taking: 'ofImage' },
  'image.pruneForced': { needs: ['images.prune'], hostWide: ['containers.remove'], taking: 'ended' },
  // RUN is no container of server/create-policy's: with Buildah `--network=host` is the host's, and CVE-2024-1753 mounts any
  // folder of it; BuildKit before 0.12.5, in Docker 20.10, gives a frontend of the builder's choice any privilege
  // (CVE-2024-23653). Which builder and version runs is for the host to say, so no flavour asks for less.
  'image.build': {
    needs: ['images.build'],
    hostWide: ['containers.unrestricted'],
    root: {
      by: ['images.build', 'containers.unrestricted'],
      why: 'A builder runs what a Dockerfile says outside of what containers are held to: the host’s network, and on some versions its files',
    },
  },
  'image.buildCancel': { needs: ['images.build'] },
  'image.buildPrune': { needs: ['images.prune'] },
  // Sends a password to any address.
  'registry.signIn': { needs: ['images.pull'], unread: true },

  'network.view': { needs: ['networks.view'] },
  'network.change': { needs: ['networks.view'], unread: true },
  'network.removeForced': {
    needs: ['networks.view'],
    hostWide: ['containers.remove'],
    unread: true,
    taking: 'ofNetwork',
  },
  'network.prune': { needs: ['networks.prune'] },
  'volume.view': { needs: ['volumes.view'] },
  // A local one, memory, or a share on another machine, with options that are known.
  'volume.create': { needs: ['volumes.create'] },
  // The options of the driver mount any folder or disk of the host, and other drivers are programs of their own.
  'volume.createMounting': {
    needs: ['volumes.create', 'containers.unrestricted'],
    unread: true,
    root: {
      by: ['containers.unrestricted'],
      why: 'A volume that is a folder or a disk of the host gives every container that has it that folder',
    },
  },
  'volume.remove': { needs: ['volumes.remove'] },
  // Podman gives an old volume's data to whoever asks for the new name.
  'volume.rename': { needs: ['volumes.create', 'volumes.remove'], unread: true },
  // With force, Podman removes the containers that have it, running ones too.
  'volume.removeForced': { needs: ['volumes.remove'], hostWide: ['containers.remove'], taking: 'ofVolume' },
  'volume.prune': { needs: ['volumes.prune'] },
  'volume.export': { needs: ['containers.files.read'], unread: true },
  'volume.import': { needs: ['containers.files.write'], unread: true },
} as const satisfies Record<string, Act>

export type ActName = keyof typeof acts

/** The table's row, with what it leaves out as absent. */
export const actOf = (name: ActName): Act => acts[name]

/** What an act is called by in the audit log, and what a page asks for before it offers it. */
export const permissionOf = (name: ActName): Permission => acts[name].needs[0]

/** Permissions by which somebody who means to is root on a host. */
export const rootPermissions: ReadonlySet<Permission> = new Set(
  Object.keys(acts).flatMap((name) => actOf(name as ActName).root?.by ?? []),
)
