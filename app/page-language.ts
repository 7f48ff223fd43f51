import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { createTranslator } from 'use-intl/core'
import { en } from '#lib/messages/en/index.ts'

/** The language of this request's pages with its catalogue. English is the only one so far. */
export async function pageLanguage(): Promise<{ locale: string; messages: typeof en }> {
  const locale = (await headers()).get('x-roadstead-locale') ?? 'en'
  return { locale, messages: en }
}

/** Title of a page in the request's language, for `generateMetadata`. */
export async function pageTitle(page: keyof typeof en.shell.pages): Promise<Metadata> {
  const { locale, messages } = await pageLanguage()
  const t = createTranslator({ locale, messages, namespace: 'shell.pages' })
  return { title: t(page) }
}
