import type { en } from '#lib/messages/en/index.ts'

declare module 'use-intl' {
  interface AppConfig {
    Messages: typeof en
  }
}
