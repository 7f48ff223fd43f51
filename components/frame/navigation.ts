import {
  Box,
  Database,
  Gauge,
  HardDrive,
  Layers,
  Library,
  type LucideIcon,
  Package,
  ScrollText,
  Server,
  ShieldCheck,
  SquareTerminal,
  Users,
} from 'lucide-react'
import type { ObjectKind } from '#lib/fleet/kinds.ts'
import type { Permission } from '#lib/permissions.ts'

export interface NavigationPage {
  /** Also the key of its name in the catalogue. */
  id:
    | 'fleet'
    | 'containers'
    | 'images'
    | 'volumes'
    | 'logs'
    | 'terminal'
    | 'registries'
    | 'archives'
    | 'disk'
    | 'hosts'
    | 'users'
    | 'audit'
  path: string
  icon: LucideIcon
  /** Second key after `g`. */
  key: string
  permission: Permission
  /** Of which kind it shows a number. */
  counts?: ObjectKind
  /** Not in a phone's bar, which has room for six: there it is reached from a container. */
  wideOnly?: boolean
}

/** Pages of the rail, the bottom bar, the palette and the `g` shortcuts, in order. */
export const navigationPages: readonly NavigationPage[] = [
  { id: 'fleet', path: '/', icon: Gauge, key: 'f', permission: 'hosts.view' },
  {
    id: 'containers',
    path: '/containers',
    icon: Box,
    key: 'c',
    permission: 'containers.view',
    counts: 'containers',
  },
  { id: 'images', path: '/images', icon: Layers, key: 'i', permission: 'images.view', counts: 'images' },
  {
    id: 'volumes',
    path: '/volumes',
    icon: Database,
    key: 'v',
    permission: 'volumes.view',
    counts: 'volumes',
    wideOnly: true,
  },
  { id: 'logs', path: '/logs', icon: ScrollText, key: 'l', permission: 'containers.logs' },
  {
    id: 'terminal',
    path: '/terminal',
    icon: SquareTerminal,
    key: 't',
    permission: 'containers.exec',
    wideOnly: true,
  },
  {
    id: 'registries',
    path: '/registries',
    icon: Library,
    key: 'r',
    permission: 'registries.view',
    wideOnly: true,
  },
  {
    id: 'archives',
    path: '/archives',
    icon: Package,
    key: 'a',
    permission: 'archives.view',
    wideOnly: true,
  },
  { id: 'disk', path: '/disk', icon: HardDrive, key: 'd', permission: 'hosts.view', wideOnly: true },
  { id: 'hosts', path: '/hosts', icon: Server, key: 'h', permission: 'hosts.view' },
  { id: 'users', path: '/users', icon: Users, key: 'u', permission: 'users.view', wideOnly: true },
  { id: 'audit', path: '/audit', icon: ShieldCheck, key: 'j', permission: 'audit.view', wideOnly: true },
]

/** Whether a page is the one shown: itself or something below it. */
export function isCurrent(page: NavigationPage, pathname: string): boolean {
  return page.path === '/' ? pathname === '/' : pathname === page.path || pathname.startsWith(`${page.path}/`)
}

/** What somebody must be allowed for a page to be of use; null where everybody is. */
export function permissionOfPage(pathname: string): Permission | null {
  if (/^\/hosts\/(add|[^/]+\/edit)$/.test(pathname)) return 'hosts.edit'
  if (pathname === '/containers/new') return 'containers.create'
  return navigationPages.find((page) => isCurrent(page, pathname))?.permission ?? null
}
