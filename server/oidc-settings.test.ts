import { expect, it } from 'vitest'
import { readConfig } from './config.ts'

const whole = {
  NODE_ENV: 'test' as const,
  ROADSTEAD_OIDC_ISSUER: 'https://id.example/realm',
  ROADSTEAD_OIDC_CLIENT_ID: 'roadstead',
  ROADSTEAD_OIDC_CLIENT_SECRET: 'secret',
  ROADSTEAD_OIDC_ROLES: 'ops=administrator',
}

it('takes groups with an equals sign in them, in order, and roles that it does not know', () => {
  const { oidc } = readConfig({
    ...whole,
    ROADSTEAD_OIDC_ROLES: 'cn=ops=administrator, all=viewer, shop=Shop keepers',
  })
  expect(oidc).toMatchObject({
    name: 'id.example',
    linkByEmail: false,
    roles: [
      { group: 'cn=ops', role: 'administrator' },
      { group: 'all', role: 'viewer' },
      { group: 'shop', role: 'Shop keepers' },
    ],
  })
})

it.each([
  [{ ROADSTEAD_OIDC_ISSUER: 'http://id.example' }, 'ROADSTEAD_OIDC_ISSUER'],
  [{ ROADSTEAD_OIDC_CLIENT_ID: '' }, 'ROADSTEAD_OIDC_CLIENT_ID'],
  [{ ROADSTEAD_OIDC_CLIENT_SECRET: '' }, 'ROADSTEAD_OIDC_CLIENT_SECRET'],
  [{ ROADSTEAD_OIDC_ROLES: '' }, 'ROADSTEAD_OIDC_ROLES'],
  [{ ROADSTEAD_OIDC_ROLES: 'ops=' }, 'ROADSTEAD_OIDC_ROLES'],
  [{ ROADSTEAD_OIDC_ROLES: '=viewer' }, 'ROADSTEAD_OIDC_ROLES'],
  [{ ROADSTEAD_LOCAL_SIGN_IN: 'ada' }, 'ROADSTEAD_LOCAL_SIGN_IN'],
])('a configuration with %j does not start', (changed, variable) => {
  expect(() => readConfig({ ...whole, ...changed })).toThrow(variable)
})
