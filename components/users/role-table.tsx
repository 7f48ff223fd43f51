'use client'
import { Check } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { permissions, rolePermissions, roles } from '#lib/permissions.ts'
import { byNoun } from './permission-groups.ts'

/** What each role may do, as the server decides it: from the same list. */
export function RoleTable() {
  const t = useTranslations('users')
  const roleName = useTranslations('account.roles')
  return (
    <div className="overflow-clip rounded-lg border bg-surface">
      <table className="w-full table-fixed text-left">
        <caption className="sr-only">{t('rolesTitle')}</caption>
        <thead className="border-b text-ink-muted text-xs">
          <tr>
            <th scope="col" className="px-3 py-2">
              <span className="sr-only">{t('permissionTitle')}</span>
            </th>
            {roles.map((role) => (
              <th
                key={role}
                scope="col"
                className="w-20 px-1 py-2 text-center font-medium max-md:text-2xs md:w-32"
              >
                {roleName(role)}
              </th>
            ))}
          </tr>
        </thead>
        {byNoun(permissions, (permission) => permission).map(([noun, ofNoun]) => (
          <tbody key={noun} className="border-b last:border-b-0">
            <tr>
              <th scope="rowgroup" colSpan={4} className="px-3 pt-3 pb-1 font-semibold">
                {t(`noun.${noun}`)}
              </th>
            </tr>
            {ofNoun.map((permission) => (
              <tr key={permission} className="hover:bg-hover">
                <th scope="row" className="px-3 py-1 font-normal text-ink-muted">
                  {t(`permission.${permission}`)}
                </th>
                {roles.map((role) => (
                  <td key={role} className="px-1 py-1 text-center">
                    {rolePermissions[role].includes(permission) ? (
                      <>
                        <Check aria-hidden className="mx-auto size-4 text-state-running" />
                        <span className="sr-only">{t('may')}</span>
                      </>
                    ) : (
                      <>
                        <span aria-hidden className="text-ink-faint">
                          –
                        </span>
                        <span className="sr-only">{t('mayNot')}</span>
                      </>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  )
}
