import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import './globals.css'
import type { Metadata, Viewport } from 'next'
import { headers } from 'next/headers'
import type { ReactNode } from 'react'
import { Providers } from '#components/frame/providers.tsx'
import { themeScript } from '#components/ui/theme-script.ts'
import { pageLanguage } from './page-language.ts'

/** What `public/` holds is below the path that the server was given, and a picture of a link needs a whole address. */
export async function generateMetadata(): Promise<Metadata> {
  const request = await headers()
  const base = request.get('x-roadstead-base-path') ?? ''
  const origin = request.get('x-roadstead-origin')
  return {
    title: { default: 'Roadstead', template: '%s · Roadstead' },
    robots: { index: false, follow: false },
    referrer: 'same-origin',
    manifest: `${base}/manifest.webmanifest`,
    icons: {
      icon: { url: `${base}/icon.svg`, type: 'image/svg+xml' },
      apple: `${base}/apple-touch-icon.png`,
    },
    ...(origin && { openGraph: { title: 'Roadstead', images: `${origin}${base}/social.png` } }),
  }
}

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  viewportFit: 'cover',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f6f7f7' },
    { media: '(prefers-color-scheme: dark)', color: '#0c0f10' },
  ],
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  const request = await headers()
  const { locale, messages } = await pageLanguage()
  return (
    <html
      lang={locale}
      data-base-path={request.get('x-roadstead-base-path') ?? ''}
      // The script below sets data-theme before React looks.
      suppressHydrationWarning
    >
      <head>
        <script
          nonce={request.get('x-roadstead-nonce') ?? undefined}
          dangerouslySetInnerHTML={{ __html: themeScript }}
          // Browsers hide the nonce from scripts, so React finds it empty.
          suppressHydrationWarning
        />
      </head>
      <body>
        <Providers locale={locale} messages={messages}>
          {children}
        </Providers>
      </body>
    </html>
  )
}
