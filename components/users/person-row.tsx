'use client'
import {
  Ban,
  CircleCheck,
  Eye,
  KeyRound,
  KeySquare,
  Link2,
  Link2Off,
  MoreHorizontal,
  ShieldOff,
  Trash2,
  Unlink,
  UserCog,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { Age } from '#components/ui/age.tsx'
import { Badge } from '#components/ui/badge.tsx'
import { useNow } from '#components/ui/clock.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Menu, MenuItem, MenuLine } from '#components/ui/menu.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { Invitation, User } from '#lib/contracts/users.ts'
import { canBePreviewed } from './use-access.ts'

export type PersonAction =
  | 'open'
  | 'preview'
  | 'role'
  | 'reset'
  | 'takeBack'
  | 'secondFactor'
  | 'provider'
  | 'disable'
  | 'enable'
  | 'remove'

type Props = {
  mayEdit: boolean
  /** The identity provider's name. */
  provider: string | null
} & (
  | { user: User; factorsRequired: boolean; onAction(action: PersonAction): void }
  | { invitation: Invitation; onNewLink(): void; onTakeBack(): void }
)

/** A line of the people's table: somebody with an account, or an invitation that waits. */
export function PersonRow(props: Props) {
  const t = useTranslations('users')
  const access = useTranslations('access')
  const roles = useTranslations('account.roles')
  const format = useFormat()
  const now = useNow((at) => Math.floor(at / 60_000) * 60_000)
  const { mayEdit } = props
  const factorsText = ({ secondFactors: { totp, passkeys }, provider }: User) =>
    [
      totp && t('factors.totp'),
      passkeys > 0 && t('factors.passkeys', { count: passkeys }),
      provider !== null && props.provider,
    ]
      .filter(Boolean)
      .join(', ') || null
  if ('invitation' in props) {
    const { invitation } = props
    const over = Date.parse(invitation.expiresAt) <= now
    const date = format.dateTime(invitation.expiresAt)
    return (
      <Row
        name={invitation.name}
        email={invitation.email}
        note={over ? t('overSince', { date }) : t('until', { date })}
        role={roles(invitation.role ?? 'none')}
        state={
          <Badge tone={over ? 'caution' : 'accent'}>{t(over ? 'states.expired' : 'states.invited')}</Badge>
        }
        menu={
          mayEdit && (
            <>
              <MenuItem icon={<Link2 />} onSelect={props.onNewLink}>
                {t('newLink')}
              </MenuItem>
              <MenuItem icon={<Link2Off />} onSelect={props.onTakeBack}>
                {t('takeBack')}
              </MenuItem>
            </>
          )
        }
      />
    )
  }
  const { user, factorsRequired, onAction } = props
  const disabled = user.state === 'disabled'
  const factors = factorsText(user)
  return (
    <Row
      name={user.name}
      email={user.email}
      mark={user.self && <Badge>{t('you')}</Badge>}
      note={[
        t('summary', { sessions: user.sessions, tokens: user.tokens }),
        factors ?? t('factors.none'),
      ].join(' · ')}
      role={
        <>
          {roles(user.role ?? 'none')}
          {user.grants.length > 0 && (
            <span className="block text-ink-muted text-xs">
              {access('grantCount', { count: user.grants.length })}
            </span>
          )}
        </>
      }
      onOpen={() => onAction('open')}
      state={
        disabled ? (
          <Badge tone="danger">{t('states.disabled')}</Badge>
        ) : user.reset ? (
          <Badge tone="accent">{t('states.reset')}</Badge>
        ) : (
          <span className="text-ink-muted">{t('states.active')}</span>
        )
      }
      lastSignIn={
        user.lastSignInAt ? (
          <Age at={user.lastSignInAt} ago />
        ) : (
          <span className="text-ink-faint">{t('never')}</span>
        )
      }
      factors={
        factors ?? (
          <span className={factorsRequired ? 'text-caution' : 'text-ink-faint'}>{t('factors.none')}</span>
        )
      }
      sessions={user.sessions}
      tokens={user.tokens}
      menu={
        mayEdit && (
          <>
            <MenuItem inPreview icon={<KeySquare />} onSelect={() => onAction('open')}>
              {access('open', { name: user.name })}
            </MenuItem>
            {canBePreviewed(user) && (
              <MenuItem icon={<Eye />} onSelect={() => onAction('preview')}>
                {access('previewAs', { name: user.name })}
              </MenuItem>
            )}
            <MenuLine />
            {!user.self && (
              <MenuItem icon={<UserCog />} onSelect={() => onAction('role')}>
                {t('changeRole')}
              </MenuItem>
            )}
            {!disabled && (
              <MenuItem icon={<KeyRound />} onSelect={() => onAction('reset')}>
                {t('reset')}
              </MenuItem>
            )}
            {user.reset && (
              <MenuItem icon={<Link2Off />} onSelect={() => onAction('takeBack')}>
                {t('takeBack')}
              </MenuItem>
            )}
            {(user.secondFactors.totp || user.secondFactors.passkeys > 0) && (
              <MenuItem icon={<ShieldOff />} onSelect={() => onAction('secondFactor')}>
                {t('removeSecondFactor')}
              </MenuItem>
            )}
            {user.provider !== null && (
              <MenuItem icon={<Unlink />} onSelect={() => onAction('provider')}>
                {t('unlink', { provider: props.provider ?? '' })}
              </MenuItem>
            )}
            <MenuLine />
            {disabled ? (
              <MenuItem icon={<CircleCheck />} onSelect={() => onAction('enable')}>
                {t('enable')}
              </MenuItem>
            ) : (
              <MenuItem icon={<Ban />} disabled={user.lastAdministrator} onSelect={() => onAction('disable')}>
                {t('disable')}
              </MenuItem>
            )}
            <MenuItem
              icon={<Trash2 />}
              destructive
              disabled={user.lastAdministrator}
              onSelect={() => onAction('remove')}
            >
              {t('remove')}
            </MenuItem>
            {user.lastAdministrator && (
              <p className="max-w-60 px-2 py-1 text-ink-faint text-xs">{t('lastAdministrator')}</p>
            )}
          </>
        )
      }
    />
  )
}

function Row(props: {
  name: string
  email: string
  mark?: ReactNode
  /** Below the name where columns have no room. */
  note: string
  role: ReactNode
  /** What they may. */
  onOpen?(): void
  state: ReactNode
  lastSignIn?: ReactNode
  factors?: ReactNode
  sessions?: number
  tokens?: number
  menu: ReactNode
}) {
  const t = useTranslations('users')
  const { name, email, mark, note, role, onOpen, state, lastSignIn, factors, sessions, tokens, menu } = props
  return (
    <tr className="border-b last:border-b-0">
      <th scope="row" className="max-w-0 px-3 py-2 font-normal md:w-1/3">
        <span className="flex items-center gap-2">
          {onOpen ? (
            <button
              type="button"
              onClick={onOpen}
              className="truncate rounded-sm font-medium hover:text-accent hover:underline pointer-coarse:min-h-8"
            >
              {name}
            </button>
          ) : (
            <span className="truncate font-medium">{name}</span>
          )}
          {mark}
        </span>
        <span className="block truncate text-ink-muted text-xs">{email}</span>
        <span
          className={
            lastSignIn === undefined
              ? 'block text-ink-faint text-xs'
              : 'block text-ink-faint text-xs lg:hidden'
          }
        >
          {note}
        </span>
      </th>
      <td className="w-28 px-2 py-2 align-top">
        {role}
        <span className="mt-1 block md:hidden">{state}</span>
      </td>
      <td className="hidden px-2 py-2 align-top md:table-cell">{state}</td>
      <td className="hidden px-2 py-2 align-top lg:table-cell">{lastSignIn}</td>
      <td className="hidden px-2 py-2 align-top md:table-cell">{factors}</td>
      <td className="hidden px-2 py-2 text-right align-top tabular-nums lg:table-cell">{sessions}</td>
      <td className="hidden px-2 py-2 text-right align-top tabular-nums lg:table-cell">{tokens}</td>
      <td className="w-10 px-1 py-1.5 align-top">
        {menu && (
          <Menu
            trigger={
              <IconButton inPreview size="sm" label={t('actionsFor', { name })} icon={<MoreHorizontal />} />
            }
          >
            {menu}
          </Menu>
        )}
      </td>
    </tr>
  )
}
