import type { Access } from '../access/access.ts'
import type { Grants } from '../access/grants.ts'
import type { Config } from '../config.ts'
import type { Store } from '../db/store.ts'
import type { Log } from '../log.ts'
import type { Vault } from '../secrets/vault.ts'
import { createIdentity, type Identity, type PasswordHashing } from './identity.ts'
import { createLinks, type Links } from './links.ts'
import { createOidc } from './oidc.ts'
import { createOidcSignIn, type OidcSignIn } from './oidc-sign-in.ts'
import { createPasskeys, type Passkeys } from './passkeys.ts'
import { createPreviews, type Previews } from './previews.ts'
import { createSetup, type Setup } from './setup.ts'
import { createSignIn, type SignIn } from './sign-in.ts'
import { createTickets } from './tickets.ts'
import { createUsers, type Users } from './users.ts'

/** Who somebody is: accounts, the ways of signing in to them, and what their sessions are. */
export interface SigningIn {
  identity: Identity
  setup: Setup
  passkeys: Passkeys
  signIn: SignIn
  users: Users
  links: Links
  previews: Previews
  /** Null without a provider. */
  oidc: OidcSignIn | null
}

export async function createSigningIn(parts: {
  config: Config
  database: Store
  vault: Vault
  grants: Grants
  access: Access
  passwords: PasswordHashing | undefined
  log: Log
}): Promise<SigningIn> {
  const { config, database, vault, grants, access, passwords, log } = parts
  const { db } = database
  const { authorize } = access
  const identity = await createIdentity({ passwords, config, db, vault, authorize, log })
  const setup = await createSetup(db, identity)
  const secure = config.publicUrl?.protocol === 'https:'
  const tickets = createTickets({ db, vault, basePath: config.basePath, secure })
  const passkeys = createPasskeys(db, tickets, config.oidc?.issuer.href ?? null)
  const signIn = createSignIn({ identity, tickets, passkeys, localSignIn: config.localSignIn })
  const users = createUsers(db, identity, grants, config.oidc)
  const oidc =
    config.oidc &&
    createOidcSignIn({
      db,
      identity,
      users,
      grants,
      linkByEmail: config.oidc.linkByEmail,
      mayLocally: (email) => config.localSignIn === null || config.localSignIn.includes(email),
      oidc: createOidc(config.oidc, tickets),
    })
  const links = createLinks(db, identity, signIn)
  grants.onChanged((change) => 'userId' in change && identity.rightsChanged(change))
  const previews = createPreviews({ access, identity, users })
  identity.onEnded(previews.end)
  return { identity, setup, passkeys, signIn, users, links, previews, oidc }
}
