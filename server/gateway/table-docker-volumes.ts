import type { GatewayRow } from './table.ts'

/** Of Docker's API, what is about volumes. */
export const volumeRows: readonly GatewayRow[] = [
  {
    method: 'GET',
    path: '/volumes',
    act: 'volume.view',
    tells: 'volumes',
    query: ['filters'],
    hides: 'values',
  },
  {
    method: 'POST',
    path: '/volumes/create',
    act: 'volume.create',
    body: 'json',
    policy: 'volume',
    bodyNames: 'Name',
  },
  { method: 'POST', path: '/volumes/prune', act: 'volume.prune', query: ['filters', 'all'] },
  {
    method: 'GET',
    path: '/volumes/{id}',
    act: 'volume.view',
    hides: 'values',
    tells: 'volumes',
  },
  { method: 'DELETE', path: '/volumes/{id}', act: 'volume.remove', query: ['force'] },
]
