'use client'
import { createContext, type SyntheticEvent, useContext } from 'react'
import { useTranslations } from 'use-intl'

/** Whether an administrator looks at the dashboard as somebody else. */
export const PreviewContext = createContext(false)

const refuse = (event: SyntheticEvent) => {
  event.preventDefault()
  event.stopPropagation()
}
/** Not `disabled`: the keyboard and a screen reader have to reach it, or they could not tell why. */
const held = {
  'aria-disabled': true,
  onClick: refuse,
  // A link's middle button opens it too.
  onAuxClick: refuse,
  // A menu's trigger opens by these.
  onPointerDown: undefined,
  onKeyDown: undefined,
} as const

/**
 * Why a control does nothing in a preview, and what makes it do nothing; null outside of one, and for what works in it.
 * The rule is closed: what does not say that it only reads is held back, since the server would refuse it after the click.
 */
export function useHeldBack(inPreview: boolean): { reason: string; props: typeof held } | null {
  const t = useTranslations('common')
  return useContext(PreviewContext) && !inPreview ? { reason: t('heldBack'), props: held } : null
}
