export const shop = 'a'.repeat(64)
export const hidden = 'b'.repeat(64)
const inspected = (Id: string, Name: string, Labels: Record<string, string>) => ({
  Id,
  Name: `/${Name}`,
  Config: { Labels, Env: ['PASSWORD=canary'] },
  HostConfig: {},
  State: {},
})
const listed = (Id: string, name: string, Labels: Record<string, string>) => ({
  Id,
  Names: [`/${name}`],
  Labels,
  Image: 'app',
  ImageID: `sha256:${Id}`,
  State: 'running',
  Ports: [],
  Command: 'app',
})

const ours = inspected(shop, 'shop', { team: 'shop' })
const theirs = inspected(hidden, 'hidden', {})
/** What a recording engine answers with that has two containers: one with the label of a team, one without. */
export const twoContainers = {
  '/containers/json': [listed(shop, 'shop', { team: 'shop' }), listed(hidden, 'hidden', {})],
  '/containers/shop/json': ours,
  '/containers/aaaaaaaaaaaa/json': ours,
  [`/containers/${shop}/json`]: ours,
  [`/containers/${hidden}/json`]: theirs,
  '/containers/hidden/json': theirs,
  '/containers/bbbbbbbbbbbb/json': theirs,
  '/networks': [{ Name: 'n', Containers: { [shop]: { Name: 'shop' }, [hidden]: { Name: 'hidden' } } }],
  '/system/df': {
    LayersSize: 5,
    Images: [{ Id: 'i' }],
    Volumes: [{ Name: 'v' }],
    BuildCache: [{ ID: 'c' }],
    Containers: [listed(shop, 'shop', { team: 'shop' }), listed(hidden, 'hidden', {})],
  },
}
