import compile from 'icu-minify/compile'
import type { Metadata } from 'next'
import { headers } from 'next/headers'
import type { Messages } from 'use-intl'
import { createTranslator } from 'use-intl/core'
import { en } from '#lib/messages/en/index.ts'

/**
 * The catalogue with every message compiled. The pages' use-intl only formats (next.config.js leaves its parser out of
 * the browser), so it takes compiled messages and nothing else.
 */
// By way of JSON, since the compiler's maps have no prototype and React sends only plain objects to the browser.
const compiled = JSON.parse(JSON.stringify(compileAll(en))) as Messages

function compileAll(messages: object): object {
  return Object.fromEntries(
    Object.entries(messages).map(([key, value]) => [
      key,
      typeof value === 'string' ? compile(value) : compileAll(value),
    ]),
  )
}

/** The language of this request's pages with its catalogue. English is the only one so far. */
export async function pageLanguage(): Promise<{ locale: string; messages: Messages }> {
  const locale = (await headers()).get('x-roadstead-locale') ?? 'en'
  return { locale, messages: compiled }
}

/** Title of a page in the request's language, for `generateMetadata`. */
export async function pageTitle(page: keyof typeof en.shell.pages): Promise<Metadata> {
  const { locale, messages } = await pageLanguage()
  const t = createTranslator({ locale, messages, namespace: 'shell.pages' })
  return { title: t(page) }
}
