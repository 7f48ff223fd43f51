import access from './access.json' with { type: 'json' }
import account from './account.json' with { type: 'json' }
import apiReference from './api-reference.json' with { type: 'json' }
import archives from './archives.json' with { type: 'json' }
import audit from './audit.json' with { type: 'json' }
import builds from './builds.json' with { type: 'json' }
import bulk from './bulk.json' with { type: 'json' }
import common from './common.json' with { type: 'json' }
import containers from './containers.json' with { type: 'json' }
import create from './create.json' with { type: 'json' }
import disk from './disk.json' with { type: 'json' }
import errors from './errors.json' with { type: 'json' }
import files from './files.json' with { type: 'json' }
import fleet from './fleet.json' with { type: 'json' }
import gateway from './gateway.json' with { type: 'json' }
import hosts from './hosts.json' with { type: 'json' }
import images from './images.json' with { type: 'json' }
import lists from './lists.json' with { type: 'json' }
import login from './login.json' with { type: 'json' }
import logs from './logs.json' with { type: 'json' }
import networks from './networks.json' with { type: 'json' }
import pods from './pods.json' with { type: 'json' }
import registries from './registries.json' with { type: 'json' }
import setup from './setup.json' with { type: 'json' }
import shell from './shell.json' with { type: 'json' }
import stats from './stats.json' with { type: 'json' }
import tasks from './tasks.json' with { type: 'json' }
import terminal from './terminal.json' with { type: 'json' }
import updates from './updates.json' with { type: 'json' }
import users from './users.json' with { type: 'json' }
import volumes from './volumes.json' with { type: 'json' }

/** What has permissions of its own. Its file says under `said` what the pages say of every noun. */
const nouns = {
  hosts,
  containers,
  images,
  archives,
  volumes,
  networks,
  pods,
  registries,
  users,
  audit,
  gateway,
}
type Nouns = typeof nouns

/** Of each noun that says it, what it says of itself under this key. */
type Said<K extends string> = {
  [N in keyof Nouns as Nouns[N]['said'] extends Record<K, unknown>
    ? N
    : never]: Nouns[N]['said'] extends Record<K, infer Words> ? Words : never
}
const said = <K extends string>(key: K): Said<K> =>
  Object.fromEntries(
    Object.entries(nouns).flatMap(([noun, { said: words }]) =>
      key in words ? [[noun, words[key as keyof typeof words]]] : [],
    ),
  ) as Said<K>

/** A noun's own sentences, without those that stand elsewhere. */
function own<T extends { said: unknown }>(noun: T): Omit<T, 'said'> {
  const words: Partial<T> = { ...noun }
  delete words.said
  return words as Omit<T, 'said'>
}

/** The English catalogue, one file per noun. It is the reference for the keys of every other language. */
export const en = {
  access: { ...access, permission: said('permissionHint') },
  account,
  apiReference,
  archives: own(archives),
  audit: { ...own(audit), phrase: { ...audit.phrase, ...said('phrase') } },
  builds,
  bulk,
  common,
  containers: own(containers),
  create,
  disk,
  errors,
  files,
  fleet,
  hosts: own(hosts),
  images: own(images),
  lists,
  login,
  logs,
  registries: own(registries),
  setup,
  shell: { ...shell, pages: { ...shell.pages, ...said('page') } },
  stats,
  tasks: { ...tasks, kind: { ...tasks.kind, ...said('task') } },
  terminal,
  updates,
  volumes: own(volumes),
  users: { ...own(users), noun: said('noun'), permission: said('permission') },
}
