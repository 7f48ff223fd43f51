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
import hosts from './hosts.json' with { type: 'json' }
import images from './images.json' with { type: 'json' }
import lists from './lists.json' with { type: 'json' }
import login from './login.json' with { type: 'json' }
import logs from './logs.json' with { type: 'json' }
import registries from './registries.json' with { type: 'json' }
import setup from './setup.json' with { type: 'json' }
import shell from './shell.json' with { type: 'json' }
import stats from './stats.json' with { type: 'json' }
import tasks from './tasks.json' with { type: 'json' }
import terminal from './terminal.json' with { type: 'json' }
import updates from './updates.json' with { type: 'json' }
import users from './users.json' with { type: 'json' }

/** The English catalogue, one file per noun. It is the reference for the keys of every other language. */
export const en = {
  access,
  account,
  apiReference,
  archives,
  audit,
  builds,
  bulk,
  common,
  containers,
  create,
  disk,
  errors,
  files,
  fleet,
  hosts,
  images,
  lists,
  login,
  logs,
  registries,
  setup,
  shell,
  stats,
  tasks,
  terminal,
  updates,
  users,
}
