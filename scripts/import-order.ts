/**
 * Who may import whom. A room is a folder of `lib`, `server`, `server/features` or `components`, or `app`; files straight below
 * `lib` and `server` are one room each; `server/app` is what puts the server together. Rooms stand in order of their floor, so that there are no
 * circles. `scripts/import-order.test.ts` checks each import, and that nothing here is allowed for nobody.
 *
 * A new room gets a row. A new arrow is a decision: would the thing not stand better below both?
 */
export interface Room {
  /** Rooms whose code it runs, and whose types it may take. */
  values?: string
  /** Rooms of which it takes types alone. */
  types?: string
  /** `node:` is what is built in. */
  packages?: string
}

export const rooms: Readonly<Record<string, Room>> = {
  lib: {},
  'lib/fleet': { types: 'lib lib/contracts' },
  'lib/logs': { types: 'lib/contracts', packages: 're2js' },
  'lib/images': { types: 'lib/contracts' },
  'lib/containers': { values: 'lib lib/images', types: 'lib/contracts' },
  'lib/volumes': { values: 'lib/fleet', types: 'lib/contracts' },
  'lib/docker-run': { values: 'lib lib/containers', types: 'lib/contracts' },
  'lib/messages': {},
  'lib/build': {},
  'lib/contracts': { values: 'lib lib/build lib/containers lib/fleet lib/images lib/logs', packages: 'zod' },
  server: {
    values: 'lib lib/messages',
    types: 'lib/containers lib/contracts',
    packages: 'node: pino use-intl zod',
  },
  'server/db': {
    values: 'server',
    types: 'lib',
    packages: '@better-auth/kysely-adapter kysely node: node:sqlite',
  },
  'server/access': {
    values: 'lib lib/fleet server',
    types: 'lib/contracts server/db server/fleet server/principal',
  },
  'server/web': {
    values: 'lib lib/contracts lib/fleet server server/access server/db',
    types: 'server/audit server/fleet server/identity server/principal server/tasks',
    packages: 'fastify node: ws zod',
  },
  'server/secrets': { values: 'server server/db', packages: 'kysely node:' },
  'server/engine': {
    values: 'lib lib/build lib/contracts lib/images lib/logs server',
    types: 'server/transport',
    packages: 'node: undici zod',
  },
  'server/create-policy': {
    values: 'lib/images server server/engine',
    types: 'lib lib/contracts server/access server/principal',
    packages: 'node:',
  },
  'server/principal': { values: 'server', types: 'lib lib/contracts' },
  'server/identity': {
    values: 'lib lib/contracts server server/principal server/secrets',
    types: 'server/access server/db',
    packages: '@simplewebauthn/server better-auth kysely node: openid-client otpauth zod',
  },
  'server/transport': { values: 'server', types: 'lib', packages: 'node: ssh2 undici' },
  'server/delivery': { values: 'server', packages: 'node:' },
  'server/audit': {
    values: 'lib server server/db server/delivery server/identity server/transport',
    types: 'lib/contracts server/principal',
    packages: 'kysely node:',
  },
  'server/acts': {
    values: 'lib lib/images server server/audit',
    types: 'lib/contracts server/engine server/principal',
  },
  'server/fleet': {
    values: 'lib/fleet server server/engine server/secrets server/transport',
    types: 'lib/contracts server/db',
    packages: 'node: zod',
  },
  'server/tasks': {
    values: 'lib lib/contracts server server/acts server/audit server/db server/fleet server/secrets',
    types: 'server/access server/engine server/principal',
    packages: 'node: zod',
  },
  'server/features/registries': {
    values: 'lib/contracts lib/images lib/logs server server/secrets server/transport server/web',
    types: 'lib/build server/access server/db server/fleet server/principal',
    packages: 'node: undici zod',
  },
  'server/features/containers': {
    values:
      'lib lib/containers lib/contracts lib/docker-run lib/images server server/access server/acts server/create-policy server/engine server/features/registries server/tasks server/web',
    types: 'server/fleet server/principal',
    packages: 'node: zod',
  },
  'server/gateway': {
    values:
      'lib lib/fleet server server/access server/acts server/create-policy server/engine server/features/containers server/secrets server/web',
    types: 'lib/contracts server/audit server/db server/fleet server/identity server/principal',
    packages: '@peculiar/x509 node: reflect-metadata',
  },
  'server/http': {
    values: 'lib/contracts server server/acts server/identity server/web',
    types: 'server/access server/audit server/db server/gateway server/principal',
    packages: 'fastify next node: sirv zod',
  },
  'server/features/account': {
    values: 'lib/contracts server/identity server/web',
    types: 'server server/access server/principal',
    packages: 'fastify zod',
  },
  'server/tar': {
    values: 'lib server',
    types: 'lib/contracts',
    packages: 'node: unbzip2-stream xz-decompress',
  },
  'server/features/images': {
    values:
      'lib/build lib/contracts lib/images server server/access server/acts server/engine server/features/registries server/tar server/tasks server/web',
    types: 'server/audit server/fleet server/principal',
    packages: 'node: zod',
  },
  'server/features/archives': {
    values:
      'lib/contracts lib/images server server/acts server/features/images server/features/registries server/tar server/tasks server/web',
    types: 'server/db server/engine server/fleet server/principal',
    packages: 'fastify node: zod',
  },
  'server/features/attention': {
    values: 'lib/contracts lib/fleet server server/web',
    types: 'server/access server/db server/fleet server/principal',
    packages: 'zod',
  },
  'server/features/audit-log': {
    values: 'lib/contracts server/web',
    types: 'server/audit server/fleet',
  },
  'server/features/disk': {
    values: 'lib/contracts server server/access server/acts server/features/images server/tasks server/web',
    types: 'lib server/engine server/fleet server/principal',
    packages: 'zod',
  },
  'server/features/volumes': {
    values:
      'lib/contracts lib/volumes server server/access server/acts server/create-policy server/tasks server/web',
    types: 'lib server/engine server/fleet server/principal',
    packages: 'zod',
  },
  'server/features/engine-addresses': {
    values: 'lib/contracts server server/web',
    types: 'server/fleet server/gateway server/principal',
    packages: 'zod',
  },
  'server/features/terminal': {
    values: 'lib lib/contracts server server/acts server/create-policy server/engine server/fleet server/web',
    types: 'server/access server/audit server/db server/identity server/principal',
    packages: 'node: zod',
  },
  'server/features/files': {
    values:
      'lib lib/contracts server server/acts server/engine server/features/terminal server/tar server/web',
    types: 'server/create-policy server/features/containers server/fleet server/principal',
    packages: 'node: zod',
  },
  'server/features/health': { values: 'server server/web', types: 'server/db', packages: 'kysely zod' },
  'server/features/hosts': {
    values: 'lib/contracts server server/access server/engine server/fleet server/transport server/web',
    types: 'server/principal',
    packages: 'node: zod',
  },
  'server/features/logs': {
    values: 'lib lib/containers lib/contracts lib/logs server server/acts server/fleet server/web',
    types: 'server/access server/engine server/principal',
    packages: 'node: zod',
  },
  'server/features/overview': {
    values: 'lib/contracts lib/fleet server server/access server/web',
    types: 'server/fleet server/principal',
    packages: 'node: zod',
  },
  'server/features/setup': {
    values: 'lib/contracts server/features/account server/web',
    types: 'server/access server/identity',
  },
  'server/features/stats': {
    values: 'lib/fleet server server/acts server/web',
    types: 'lib/contracts server/access server/engine server/fleet server/principal',
    packages: 'node:',
  },
  'server/features/task-list': {
    values: 'lib/contracts server/tasks server/web',
    types: 'server/access',
    packages: 'zod',
  },
  'server/features/users': {
    values: 'lib/contracts server/features/account server/web',
    types: 'server server/access server/fleet server/identity',
    packages: 'fastify zod',
  },
  'server/app': {
    values:
      'server server/access server/audit server/create-policy server/db server/features/account server/features/archives server/features/attention server/features/audit-log server/features/containers server/features/disk server/features/engine-addresses server/features/files server/features/health server/features/hosts server/features/images server/features/logs server/features/overview server/features/registries server/features/setup server/features/stats server/features/task-list server/features/terminal server/features/users server/features/volumes server/fleet server/gateway server/http server/identity server/secrets server/tasks server/web',
    types: 'server/principal',
    packages: 'node: zod',
  },
  'components/data': {
    values: 'lib lib/fleet',
    // The types of the routes, which nothing of the server comes with.
    types: 'lib/contracts server/app',
    packages: '@tanstack/react-query next nuqs react',
  },
  'components/ui': {
    values: 'lib',
    types: 'lib/contracts',
    packages: 'clsx lucide-react radix-ui react sonner tailwind-merge use-intl',
  },
  'components/page': {
    values: 'components/data components/ui',
    types: 'lib/contracts',
    packages: 'lucide-react next react use-intl',
  },
  'components/stats': {
    values: 'components/data components/ui lib lib/fleet',
    types: 'components/page lib/contracts',
    packages: 'lucide-react next nuqs react recharts use-intl',
  },
  'components/credentials': {
    values: 'components/data components/ui',
    types: 'lib/contracts',
    packages: '@simplewebauthn/browser lucide-react react use-intl',
  },
  'components/proof': {
    values: 'components/credentials components/data components/ui',
    types: 'lib/contracts',
    packages: '@tanstack/react-query next react use-intl',
  },
  'components/data-table': {
    values: 'components/ui',
    packages: '@tanstack/react-virtual lucide-react react use-intl',
  },
  'components/object-list': {
    values: 'components/data components/data-table components/page components/ui lib/fleet',
    types: 'lib/contracts',
    packages: 'lucide-react next nuqs react use-intl',
  },
  'components/terminal': {
    values: 'components/data components/object-list components/page components/ui lib/logs',
    types: 'lib/contracts',
    packages:
      '@xterm/addon-fit @xterm/addon-search @xterm/addon-unicode11 @xterm/addon-web-links @xterm/xterm lucide-react next nuqs react use-intl',
  },
  'components/files': {
    values: 'components/data components/ui lib',
    types: 'components/page lib/contracts',
    packages: '@tanstack/react-query @tanstack/react-virtual lucide-react next nuqs react use-intl',
  },
  'components/tasks': {
    values: 'components/data components/files components/terminal components/ui lib',
    types: 'lib/contracts',
    packages: '@tanstack/react-query @xterm/addon-fit @xterm/xterm lucide-react react use-intl',
  },
  'components/details': { values: 'components/ui', packages: 'react' },
  'components/container-filter': {
    values: 'components/data components/ui lib/containers',
    types: 'lib/contracts',
    packages: 'lucide-react react use-intl',
  },
  'components/logs': {
    values:
      'components/container-filter components/data components/object-list components/page components/terminal components/ui lib/containers lib/fleet lib/logs',
    types: 'lib/contracts',
    packages:
      '@xterm/addon-fit @xterm/addon-search @xterm/addon-web-links @xterm/xterm lucide-react next nuqs react use-intl',
  },
  'components/updates': {
    values: 'components/data components/ui lib/images',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react react use-intl',
  },
  'components/containers': {
    values:
      'components/container-filter components/data components/data-table components/details components/files components/logs components/object-list components/page components/stats components/tasks components/terminal components/ui components/updates lib/containers lib/docker-run lib/fleet lib/logs',
    types: 'lib lib/contracts',
    packages: '@tanstack/react-query @tanstack/react-virtual lucide-react next nuqs react use-intl',
  },
  'components/login': {
    values: 'components/credentials components/data components/page components/ui',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react next react use-intl',
  },
  'components/account': {
    values:
      'components/credentials components/data components/details components/login components/page components/ui',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react next qr react use-intl',
  },
  'components/hosts': {
    values:
      'components/account components/data components/data-table components/details components/object-list components/page components/ui lib lib/fleet',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react next react use-intl',
  },
  'components/attention': {
    values: 'components/containers components/data components/hosts components/ui lib/containers lib/fleet',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react next react use-intl',
  },
  'components/frame': {
    values:
      'components/attention components/data components/page components/proof components/stats components/tasks components/ui lib/fleet',
    types: 'lib lib/contracts lib/messages',
    packages: '@tanstack/react-query cmdk lucide-react next nuqs radix-ui react use-intl',
  },
  'components/fleet': {
    values:
      'components/attention components/data components/hosts components/page components/stats components/ui lib/fleet',
    types: 'lib/contracts',
    packages: 'lucide-react next react use-intl',
  },
  'components/join': {
    values: 'components/credentials components/data components/login components/ui',
    types: 'lib/contracts',
    packages: '@tanstack/react-query react use-intl',
  },
  'components/setup': {
    values: 'components/credentials components/data components/login components/ui',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react next react use-intl',
  },
  'components/api-reference': {
    values: 'components/data components/page components/ui',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react nuqs react use-intl',
  },
  'components/archives': {
    values:
      'components/account components/data components/details components/hosts components/page components/tasks components/ui lib lib/images',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react next nuqs react tus-js-client use-intl',
  },
  'components/audit': {
    values: 'components/data components/details components/page components/ui lib lib/fleet',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react nuqs react use-intl',
  },
  'components/disk': {
    values: 'components/data components/object-list components/page components/tasks components/ui lib/fleet',
    types: 'lib lib/contracts',
    packages: '@tanstack/react-query lucide-react next react use-intl',
  },
  'components/images': {
    values:
      'components/data components/data-table components/details components/files components/hosts components/object-list components/tasks components/ui components/updates lib lib/build lib/docker-run lib/fleet lib/images',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react next nuqs react use-intl',
  },
  'components/volumes': {
    values:
      'components/data components/data-table components/details components/hosts components/object-list components/page components/tasks components/ui lib/volumes',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react next react use-intl',
  },
  'components/registries': {
    values: 'components/data components/details components/images components/page components/ui',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react nuqs react use-intl',
  },
  'components/users': {
    values: 'components/data components/details components/page components/ui lib',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react next nuqs react use-intl',
  },
  'components/create': {
    values:
      'components/containers components/data components/hosts components/page components/tasks components/ui lib lib/containers lib/docker-run',
    types: 'lib/contracts',
    packages: '@tanstack/react-query lucide-react next nuqs react use-intl',
  },
  app: {
    values:
      'components/account components/api-reference components/archives components/audit components/containers components/create components/disk components/fleet components/frame components/hosts components/images components/join components/login components/logs components/registries components/setup components/terminal components/ui components/users components/volumes lib/messages',
    packages: '@fontsource-variable/inter @fontsource-variable/jetbrains-mono icu-minify next react use-intl',
  },
}

/** Files that run only for these rooms: an engine is reached through the host that the registry gives, never by an address. */
export const onlyFor: Readonly<Record<string, readonly string[]>> = {
  'server/engine/client.ts': ['server/fleet', 'server/features/hosts'],
}
