import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Ordered by name; never changed once released. Only types that SQLite and PostgreSQL share. */
export const migrations: Record<string, Migration> = {
  '001-hosts': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('hosts')
        .addColumn('id', 'varchar(13)', (column) => column.primaryKey())
        .addColumn('name', 'varchar(64)', (column) => column.notNull().unique())
        .addColumn('tags', 'text', (column) => column.notNull())
        .addColumn('transport', 'text', (column) => column.notNull())
        .addColumn('secrets', 'text')
        .addColumn('paused', 'integer', (column) => column.notNull())
        .addColumn('created_at', 'varchar(24)', (column) => column.notNull())
        .addColumn('updated_at', 'varchar(24)', (column) => column.notNull())
        .execute()
    },
  },
  '002-settings': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('settings')
        .addColumn('key', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('value', 'text', (column) => column.notNull())
        .execute()
    },
  },
  '003-login-failures': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('login_failures')
        .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
        .addColumn('bucket', 'varchar(320)', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .execute()
      await db.schema
        .createIndex('login_failures_bucket')
        .on('login_failures')
        .columns(['bucket', 'at'])
        .execute()
    },
  },
  '004-tasks': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('tasks')
        .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
        .addColumn('user_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('created_at', 'varchar(24)', (column) => column.notNull())
        .addColumn('document', 'text', (column) => column.notNull())
        .addColumn('input', 'text', (column) => column.notNull())
        .execute()
      await db.schema.createIndex('tasks_created_at').on('tasks').column('created_at').execute()
    },
  },
  '005-registries': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('registries')
        .addColumn('id', 'varchar(13)', (column) => column.primaryKey())
        .addColumn('address', 'varchar(255)', (column) => column.notNull().unique())
        .addColumn('scheme', 'varchar(5)', (column) => column.notNull())
        .addColumn('ca', 'text')
        .addColumn('username', 'text')
        .addColumn('password', 'text')
        .addColumn('created_at', 'varchar(24)', (column) => column.notNull())
        .addColumn('updated_at', 'varchar(24)', (column) => column.notNull())
        .execute()
    },
  },
  '006-archives': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('archives')
        .addColumn('id', 'varchar(13)', (column) => column.primaryKey())
        .addColumn('document', 'text', (column) => column.notNull())
        .execute()
    },
  },
  '007-tokens': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('tokens')
        .addColumn('id', 'varchar(13)', (column) => column.primaryKey())
        .addColumn('user_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('name', 'varchar(80)', (column) => column.notNull())
        .addColumn('hash', 'varchar(64)', (column) => column.notNull().unique())
        .addColumn('permissions', 'text', (column) => column.notNull())
        .addColumn('created_at', 'varchar(24)', (column) => column.notNull())
        .addColumn('expires_at', 'varchar(24)', (column) => column.notNull())
        .addColumn('used_at', 'varchar(24)')
        .execute()
    },
  },
  '008-audit': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('audit')
        .addColumn('sequence', 'bigint', (column) => column.primaryKey())
        .addColumn('kind', 'varchar(7)', (column) => column.notNull())
        .addColumn('intent', 'bigint')
        .addColumn('at', 'varchar(24)', (column) => column.notNull())
        .addColumn('actor_id', 'varchar(64)')
        .addColumn('actor_name', 'text')
        .addColumn('actor_email', 'text')
        .addColumn('sign_in', 'varchar(7)')
        .addColumn('sign_in_id', 'varchar(64)')
        .addColumn('address', 'varchar(64)')
        .addColumn('host_id', 'varchar(40)')
        .addColumn('object_id', 'varchar(200)')
        .addColumn('action', 'varchar(80)', (column) => column.notNull())
        .addColumn('decision', 'varchar(7)', (column) => column.notNull())
        .addColumn('outcome', 'varchar(9)')
        .addColumn('error_code', 'varchar(80)')
        .addColumn('request_id', 'varchar(36)')
        .addColumn('task_id', 'varchar(64)')
        .addColumn('summary', 'text', (column) => column.notNull())
        .addColumn('previous_hash', 'varchar(64)', (column) => column.notNull())
        .addColumn('hash', 'varchar(64)', (column) => column.notNull())
        .execute()
      await db.schema.createIndex('audit_intent').on('audit').column('intent').execute()
      await db.schema.createIndex('audit_action').on('audit').columns(['action', 'sequence']).execute()
    },
  },
  '009-invitations': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('invitations')
        .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
        .addColumn('hash', 'varchar(64)', (column) => column.notNull().unique())
        .addColumn('user_id', 'varchar(64)')
        .addColumn('name', 'varchar(80)', (column) => column.notNull())
        .addColumn('email', 'varchar(254)', (column) => column.notNull().unique())
        .addColumn('role', 'varchar(16)', (column) => column.notNull())
        .addColumn('created_by', 'varchar(64)', (column) => column.notNull())
        .addColumn('created_at', 'varchar(24)', (column) => column.notNull())
        .addColumn('expires_at', 'varchar(24)', (column) => column.notNull())
        .execute()
    },
  },
  '010-grants': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('roles')
        .addColumn('id', 'varchar(13)', (column) => column.primaryKey())
        .addColumn('name', 'varchar(60)', (column) => column.notNull().unique())
        .addColumn('permissions', 'text', (column) => column.notNull())
        .addColumn('created_at', 'varchar(24)', (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('grants')
        .addColumn('id', 'varchar(13)', (column) => column.primaryKey())
        .addColumn('user_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('effect', 'varchar(5)', (column) => column.notNull())
        .addColumn('role', 'varchar(16)', (column) => column.notNull())
        .addColumn('hosts', 'text', (column) => column.notNull())
        .addColumn('containers', 'text', (column) => column.notNull())
        .addColumn('created_at', 'varchar(24)', (column) => column.notNull())
        .execute()
    },
  },
  '011-second-factors': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('totp')
        .addColumn('user_id', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('secret', 'text', (column) => column.notNull())
        .addColumn('confirmed_at', 'varchar(24)')
        .addColumn('last_step', 'bigint', (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('recovery_codes')
        .addColumn('hash', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('user_id', 'varchar(64)', (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('passkeys')
        .addColumn('id', 'varchar(1400)', (column) => column.primaryKey())
        .addColumn('user_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('name', 'varchar(80)', (column) => column.notNull())
        .addColumn('site', 'varchar(255)', (column) => column.notNull())
        .addColumn('public_key', 'text', (column) => column.notNull())
        .addColumn('counter', 'bigint', (column) => column.notNull())
        .addColumn('transports', 'text', (column) => column.notNull())
        .addColumn('created_at', 'varchar(24)', (column) => column.notNull())
        .addColumn('used_at', 'varchar(24)')
        .execute()
      await db.schema.createIndex('passkeys_user').on('passkeys').column('user_id').execute()
      await db.schema
        .createTable('spent_tickets')
        .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
        .addColumn('until', 'bigint', (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('oidc_people')
        .addColumn('issuer', 'varchar(500)', (column) => column.notNull())
        .addColumn('subject', 'varchar(255)', (column) => column.notNull())
        .addColumn('user_id', 'varchar(64)', (column) => column.notNull())
        .addPrimaryKeyConstraint('oidc_people_key', ['issuer', 'subject'])
        .execute()
    },
  },
  '012-keys': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('data_keys')
        .addColumn('id', 'varchar(13)', (column) => column.primaryKey())
        .addColumn('wrapped', 'text', (column) => column.notNull())
        .addColumn('created_at', 'varchar(24)', (column) => column.notNull())
        .execute()
    },
  },
  '013-provider-grants': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable('grants')
        .addColumn('by_provider', 'integer', (column) => column.notNull().defaultTo(0))
        .execute()
    },
  },
  '014-plans': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('plans')
        .addColumn('task_id', 'varchar(36)', (column) => column.notNull())
        .addColumn('step_id', 'text', (column) => column.notNull())
        .addColumn('document', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('plans_key', ['task_id', 'step_id'])
        .execute()
    },
  },
  '015-registry-hosts': {
    async up(db: Kysely<unknown>) {
      // Accounts that are there stay for all hosts, and hosts that are there get them.
      await db.schema
        .alterTable('registries')
        .addColumn('hosts', 'text', (column) => column.notNull().defaultTo('[{"kind":"all"}]'))
        .execute()
      await db.schema.alterTable('hosts').addColumn('account_tags', 'text').execute()
      await sql`update hosts set account_tags = tags`.execute(db)
    },
  },
  '017-left-at-engines': {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable('hosts').addColumn('engine_identity', 'text').execute()
      await db.schema
        .createTable('terminals')
        .addColumn('mark', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('host_id', 'varchar(13)', (column) => column.notNull())
        .addColumn('container_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('user', 'text')
        .execute()
    },
  },
  '018-client-certificates': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable('tokens')
        .addColumn('host_id', 'varchar(13)', (column) => column.references('hosts.id').onDelete('cascade'))
        .execute()
    },
  },
  '019-acknowledgements': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('acknowledgements')
        .addColumn('host_id', 'varchar(13)', (column) => column.notNull())
        .addColumn('container_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('problem', 'varchar(32)', (column) => column.notNull())
        .addColumn('at', 'varchar(40)')
        .addColumn('by_name', 'text', (column) => column.notNull())
        .addColumn('note', 'text', (column) => column.notNull())
        .addColumn('acknowledged_at', 'varchar(24)', (column) => column.notNull())
        .addPrimaryKeyConstraint('acknowledgements_key', ['host_id', 'container_id'])
        .execute()
    },
  },
}
